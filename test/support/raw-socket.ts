// A WebSocket client by hand, for what no library sends: broken frames, an unanswered close, and not reading.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { within } from './deadline.js';

const TIMEOUT_MS = 5000;
const HEAD_END = '\r\n\r\n';

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

export interface FrameOptions {
  /** Default: TEXT. */
  opcode?: number;
  /** Default: true. */
  fin?: boolean;
  /** The three reserved bits, 0–7. Default: 0. */
  rsv?: number;
  /** A client has to. Default: true. */
  masked?: boolean;
  /** What the header says, whatever the payload has. Default: the payload's length. */
  declaredLength?: number;
}

/** The bytes of one frame from a client. */
export function frameOf(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = Opcode.TEXT, fin = true, rsv = 0, masked = true } = options;
  const body = Buffer.from(payload);
  const length = lengthField(options.declaredLength ?? body.length);
  const [first = 0, ...rest] = length;
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, (masked ? 0x80 : 0) | first, ...rest]);
  if (!masked) return Buffer.concat([head, body]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ mask[index % 4]!)]);
}

function lengthField(length: number): Buffer {
  if (length < 126) return Buffer.from([length]);
  const field = Buffer.alloc(length < 65_536 ? 3 : 9);
  field[0] = length < 65_536 ? 126 : 127;
  if (length < 65_536) field.writeUInt16BE(length, 1);
  else field.writeBigUInt64BE(BigInt(length), 1);
  return field;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string | Buffer = ''): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return Buffer.concat([payload, Buffer.from(reason)]);
}

export class RawSocket {
  /** Resolves with the close frame's code, or undefined when the connection ends without one. */
  readonly closed: Promise<number | undefined>;
  /** Resolves when the TCP connection is gone. */
  readonly gone: Promise<void>;
  #unread: Buffer = Buffer.alloc(0);
  readonly #texts: string[] = [];
  #onText: (() => void) | undefined;
  #onClose: (code: number | undefined) => void = () => undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly answersClose: boolean,
  ) {
    this.closed = new Promise((resolve) => (this.#onClose = resolve));
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
    // Writing to a server that has gone is what some tests do; 'close' follows.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#onClose(undefined));
  }

  /** Shakes hands, with the native subprotocol if no other or none is asked for. `early` goes out with the request, before the server accepts. */
  static async connect(
    port: number,
    {
      path = '/',
      protocol = 'roomcast.v1',
      early = [],
      answersClose = true,
    }: { path?: string; protocol?: string | null; early?: Buffer[]; answersClose?: boolean } = {},
  ): Promise<RawSocket> {
    const socket = connect({ port, host: '127.0.0.1' });
    const raw = new RawSocket(socket, answersClose);
    const request = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(protocol === null ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ];
    socket.write(Buffer.concat([Buffer.from(request.join('\r\n') + HEAD_END), ...early]));
    await within(raw.#readHead(), TIMEOUT_MS, 'The WebSocket handshake');
    socket.on('data', (chunk: Buffer) => raw.#read(chunk));
    raw.#read(Buffer.alloc(0));
    return raw;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  send(command: object): void {
    this.write(frameOf(JSON.stringify(command)));
  }

  /** The oldest text frame that was not taken yet, parsed; waits for it. */
  async next(timeoutMs = TIMEOUT_MS): Promise<Record<string, unknown>> {
    while (this.#texts.length === 0) {
      const arrival = new Promise<void>((resolve) => (this.#onText = resolve));
      const end = this.closed.then((code) => {
        throw new Error(`the connection closed: ${code}`);
      });
      await within(Promise.race([arrival, end]), timeoutMs, 'The next text frame');
    }
    const frame: Record<string, unknown> = JSON.parse(this.#texts.shift()!);
    return frame;
  }

  /** Reads nothing more, so that the server's bytes pile up: first in the kernels, then in the server. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #readHead(): Promise<void> {
    while (!this.#unread.includes(HEAD_END)) {
      const [chunk] = (await Promise.race([
        once(this.socket, 'data'),
        this.gone.then(() => Promise.reject(new Error('the connection ended in the handshake'))),
      ])) as [Buffer];
      this.#unread = Buffer.concat([this.#unread, chunk]);
    }
    const end = this.#unread.indexOf(HEAD_END);
    const head = this.#unread.toString('latin1', 0, end);
    this.#unread = this.#unread.subarray(end + HEAD_END.length);
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`the handshake was answered with: ${head}`);
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (let size = sizeOf(this.#unread); size !== undefined && size.end <= this.#unread.length;) {
      const opcode = this.#unread[0]! & 0x0f;
      this.#onFrame(opcode, this.#unread.subarray(size.start, size.end));
      this.#unread = this.#unread.subarray(size.end);
      size = sizeOf(this.#unread);
    }
  }

  #onFrame(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.TEXT) {
      this.#texts.push(payload.toString());
      this.#onText?.();
    } else if (opcode === Opcode.CLOSE) {
      this.#onClose(payload.length < 2 ? undefined : payload.readUInt16BE(0));
      if (this.answersClose) this.socket.end(frameOf(payload, { opcode: Opcode.CLOSE }));
    }
  }
}

/** Where the payload of the first frame lies, if its header is there. A server neither masks nor fragments. */
function sizeOf(bytes: Buffer): { start: number; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return undefined;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return { start, end: start + length };
}
