// Client frames, masked once and for all: a message is a copy of its template with a new time stamp in it.

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
const OPCODES = { text: 1, close: 8, ping: 9, pong: 10 };
const ZERO = 48;
/** Starts a time stamp, and occurs nowhere else in what servers send. */
export const STAMP_MARK = '@@';
export const STAMP_DIGITS = 18;
/** Starts a message's serial number, for dialects whose messages carry one. */
export const SERIAL_MARK = '##';

/** @param {number} index of a byte within the payload */
function maskAt(index) {
  return MASK[index & 3] ?? 0;
}

/**
 * @param {string | Buffer} payload
 * @param {keyof typeof OPCODES} [kind]
 */
export function maskedFrame(payload, kind = 'text') {
  const body = Buffer.from(/** @type {string} */ (payload));
  const head = body.length < 126 ? 2 : 4;
  if (body.length > 0xffff) throw new Error('longer frames are not needed here');
  const frame = Buffer.allocUnsafe(head + 4 + body.length);
  frame[0] = 0x80 | OPCODES[kind];
  frame[1] = 0x80 | (head === 2 ? body.length : 126);
  if (head === 4) frame.writeUInt16BE(body.length, 2);
  frame.set(MASK, head);
  body.forEach((byte, index) => (frame[head + 4 + index] = byte ^ maskAt(index)));
  return frame;
}

/** A text of `bytes` characters, which starts with the place of the stamp. @param {number} bytes */
export function stampedText(bytes) {
  return (STAMP_MARK + '0'.repeat(STAMP_DIGITS)).padEnd(bytes, 'x');
}

export const SERIAL = SERIAL_MARK + '0'.repeat(STAMP_DIGITS);

export class MessageTemplate {
  #frame;
  #body;
  #stamp;
  #serial;

  /** @param {string} text the command; holds a stamped text, and may hold a SERIAL */
  constructor(text) {
    this.#frame = maskedFrame(text);
    this.#body = this.#frame.length - Buffer.byteLength(text);
    this.#stamp = text.indexOf(STAMP_MARK);
    this.#serial = text.indexOf(SERIAL_MARK);
    if (this.#stamp < 0) throw new Error('the message has no place for a time stamp');
  }

  /**
   * The frame to send. A copy, since a socket may still hold the one before.
   * @param {number} micros
   * @param {number} serial
   */
  stamped(micros, serial) {
    const frame = Buffer.from(this.#frame);
    this.#write(frame, this.#stamp, micros);
    if (this.#serial >= 0) this.#write(frame, this.#serial, serial);
    return frame;
  }

  /** @param {Buffer} frame @param {number} mark where in the text @param {number} value */
  #write(frame, mark, value) {
    const first = mark + STAMP_MARK.length;
    let rest = value;
    for (let at = first + STAMP_DIGITS - 1; at >= first; at--) {
      frame[this.#body + at] = (ZERO + (rest % 10)) ^ maskAt(at);
      rest = Math.floor(rest / 10);
    }
  }
}
