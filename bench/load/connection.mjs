// One client on a raw socket: its handshake, and a parser that looks at no more of a frame than it must.

import { connect } from 'node:net';
import { maskedFrame, STAMP_DIGITS } from './frames.mjs';

const MARK = 64;
const ZERO = 48;
/** Further in, a message's text doesn't begin. */
const FARTHEST_STAMP = 600;
/** A stamp's digits before these are always 0. */
const SIGNIFICANT_DIGITS = 11;
const SWITCHED = 'HTTP/1.1 101';
/** Reads are handled before the next one begins, so all sockets share it. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/** Where the last stamp was found: in frames of one server nearly always at the same place. */
let usualPlace = 0;

/** @returns where the stamp's digits begin, or -1 */
function findStamp(/** @type {Buffer} */ bytes, /** @type {number} */ start, /** @type {number} */ end) {
  const usual = start + usualPlace;
  if (usual + STAMP_DIGITS < end && bytes[usual] === MARK && bytes[usual + 1] === MARK) return usual + 2;
  const last = Math.min(end, start + FARTHEST_STAMP) - STAMP_DIGITS - 1;
  for (let at = start; at < last; at++) {
    if (bytes[at] === MARK && bytes[at + 1] === MARK) {
      usualPlace = at - start;
      return at + 2;
    }
  }
  return -1;
}

function readStamp(/** @type {Buffer} */ bytes, /** @type {number} */ digits) {
  let micros = 0;
  const end = digits + STAMP_DIGITS;
  for (let at = end - SIGNIFICANT_DIGITS; at < end; at++) micros = micros * 10 + (bytes[at] ?? 0) - ZERO;
  return micros;
}

export class Connection {
  /** @type {import('./types.js').Position & { recovered?: boolean } | undefined} */
  position;
  /** Messages since it joined. */
  heard = 0;
  joined = false;
  /** @type {Buffer | undefined} */
  #rest;
  #upgraded = false;
  #left = false;
  #socket;
  #owner;
  #join;

  /**
   * @param {import('./types.js').Owner} owner
   * @param {import('./types.js').Seat} seat
   * @param {import('./types.js').Position} [since]
   */
  constructor(owner, seat, since) {
    this.#owner = owner;
    this.seat = seat;
    this.#join = owner.dialect.join(seat.room.name, since);
    this.#socket = connect({
      host: '127.0.0.1',
      port: seat.port,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (size) => this.#read(size) },
    });
    this.#socket.once('connect', () => this.#upgrade());
    this.#socket.once('close', () => this.#lost('the server closed the connection'));
    // 'close' follows.
    this.#socket.on('error', (error) => this.#lost(error.message));
  }

  /** @param {Buffer} frame */
  send(frame) {
    this.#socket.write(frame);
  }

  /** Ends without a close handshake, as when the network is cut. */
  cut() {
    this.#left = true;
    this.#socket.resetAndDestroy();
  }

  #upgrade() {
    const { path, subprotocol } = this.#owner.dialect;
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${this.seat.port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...(subprotocol ? [`Sec-WebSocket-Protocol: ${subprotocol}`] : []),
    ];
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  #read(/** @type {number} */ size) {
    let bytes = READ_BUFFER;
    let length = size;
    if (this.#rest) {
      bytes = Buffer.concat([this.#rest, READ_BUFFER.subarray(0, size)]);
      length = bytes.length;
    }
    let used = this.#upgraded ? 0 : this.#readHandshake(bytes.subarray(0, length));
    if (this.#upgraded) used = this.#parse(bytes, { at: used, length, now: this.#owner.now() });
    this.#rest = used < length ? Buffer.from(bytes.subarray(used, length)) : undefined;
    return true;
  }

  /**
   * @param {Buffer} bytes
   * @param {{ at: number, length: number, now: number }} range
   * @returns {number} how many bytes were used
   */
  #parse(bytes, { at: first, length, now }) {
    let at = first;
    while (length - at >= 2) {
      let size = bytes[at + 1] ?? 0;
      let head = 2;
      if (size === 126) {
        if (length - at < 4) break;
        size = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (size === 127) {
        if (length - at < 10) break;
        size = bytes.readUInt32BE(at + 6);
        head = 10;
      }
      if (length - at < head + size) break;
      const start = at + head;
      at = start + size;
      const digits = this.joined ? findStamp(bytes, start, at) : -1;
      if (digits >= 0) {
        this.heard++;
        this.#owner.delivered(this, readStamp(bytes, digits), now);
      } else this.#other(bytes[start - head] ?? 0, bytes.subarray(start, at));
    }
    return at;
  }

  #readHandshake(/** @type {Buffer} */ bytes) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const head = bytes.toString('latin1', 0, end);
    if (!head.startsWith(SWITCHED)) {
      this.#lost(`the upgrade was answered with ${head.split('\r\n', 1)[0]}`);
      this.#socket.destroy();
      return bytes.length;
    }
    this.#upgraded = true;
    if (!this.#owner.dialect.waitsForGreeting) this.send(maskedFrame(this.#join));
    return end + 4;
  }

  /** Anything but a message to a member. */
  #other(/** @type {number} */ firstByte, /** @type {Buffer} */ body) {
    const opcode = firstByte & 15;
    if (opcode === 9) this.send(maskedFrame(body, 'pong'));
    else if (opcode === 8) this.#lost(`closed with ${body.length >= 2 ? body.readUInt16BE(0) : 'no code'}`);
    else if (opcode === 1) this.#text(body.toString());
  }

  #text(/** @type {string} */ text) {
    const { dialect } = this.#owner;
    if (text === dialect.heartbeat?.asks) this.send(maskedFrame(dialect.heartbeat.answers));
    else if (!this.joined) {
      const answer = dialect.answer?.(text, this.#join);
      if (answer !== undefined) this.send(maskedFrame(answer));
      else if (dialect.hasJoined(text)) {
        this.joined = true;
        this.position = dialect.positionOf?.(text);
        this.#owner.joined(this);
      }
    }
  }

  #lost(/** @type {string} */ reason) {
    if (this.#left) return;
    this.#left = true;
    this.#owner.lost(this, reason);
  }
}
