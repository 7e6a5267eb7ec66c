// What a socket reads, handed over in slices, so that a pause takes effect before it is all parsed.
import { Socket, type SocketConstructorOpts } from 'node:net';
import { Readable } from 'node:stream';

const NOTHING = Buffer.alloc(0);

/** Node's `onread`, which is offered only to who makes a socket, not to who accepts one. */
type OnRead = (this: Socket, byteLength: number, buffer: Buffer) => boolean;

/** Where a socket keeps it. */
interface Places {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** What lies under a socket that reads into a buffer given to it. */
interface Handle {
  useUserBuffer?(buffer: Buffer): void;
}

type Inside = Record<symbol, unknown> & { readonly _handle?: Handle };

/**
 * Node makes a buffer of 64 KiB for each read, reads that much at once, and whoever parses it parses all of it, paused or
 * not: the 1,600 frames of a flood would stop the process for milliseconds. So the sockets that share one of these read
 * into one slice's buffer, a slice at a time. Where Node's inside is another than the one known here, or the socket is
 * encrypted, its stream cuts what was read into slices: when it is paused, it keeps the next.
 */
export class SlicedReads {
  readonly #shared: Buffer;
  readonly #places: Places | undefined;
  /** Takes the place of a stream's own. */
  readonly #push: Socket['push'];

  /** @param direct false: streams do it as ever */
  constructor(
    direct: boolean,
    private readonly sliceBytes: number,
    find = placesOf,
  ) {
    this.#shared = Buffer.allocUnsafeSlow(sliceBytes);
    this.#push = slicingPush(sliceBytes);
    // Windows may be given the buffer long before it reads into it.
    this.#places = direct && process.platform !== 'win32' ? find(this.#shared) : undefined;
  }

  /** @param head what was read of it before */
  begin(socket: Socket, head: Buffer = NOTHING): void {
    for (const slice of [...slicesOf(head, this.sliceBytes)].toReversed()) socket.unshift(slice);
    const inside = socket as unknown as Inside;
    const handle = inside['_handle'];
    if (!this.#places || 'encrypted' in socket || typeof handle?.useUserBuffer !== 'function') {
      socket.push = this.#push;
      return;
    }
    inside[this.#places.buffer] = this.#shared;
    inside[this.#places.callback] = onRead;
    handle.useUserBuffer(this.#shared);
  }
}

/** Undefined where this Node keeps them elsewhere. */
function placesOf(buffer: Buffer): Places | undefined {
  const onread = { buffer, callback: onRead };
  const probe = new Socket({ onread } as SocketConstructorOpts) as unknown as Inside;
  const symbols = Object.getOwnPropertySymbols(probe);
  const places = {
    buffer: symbols.find((symbol) => probe[symbol] === buffer),
    callback: symbols.find((symbol) => probe[symbol] === onRead),
  };
  return places.buffer && places.callback ? (places as Places) : undefined;
}

/** Node stops reading when the socket is paused, so it never has to be told to. */
const onRead: OnRead = function (byteLength, shared) {
  const bytes = Buffer.allocUnsafe(byteLength);
  shared.copy(bytes, 0, 0, byteLength);
  // What a stream does when it is asked to push, except for what no socket of ours needs.
  if (this.readableFlowing && this.readableLength === 0) this.emit('data', bytes);
  else this.push(bytes);
  return true;
};

function slicingPush(sliceBytes: number): Socket['push'] {
  return function (this: Socket, chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (chunk === null || chunk.length <= sliceBytes) return pushWhole(this, chunk, encoding);
    let more = false;
    for (const slice of slicesOf(chunk, sliceBytes)) more = !this.destroyed && pushWhole(this, slice);
    return more;
  };
}

/** @returns whether the stream wants more */
function pushWhole(socket: Socket, chunk: Buffer | null, encoding?: BufferEncoding): boolean {
  return Readable.prototype.push.call(socket, chunk, encoding);
}

function* slicesOf(chunk: Buffer, sliceBytes: number): Iterable<Buffer> {
  for (let at = 0; at < chunk.length; at += sliceBytes) yield chunk.subarray(at, at + sliceBytes);
}
