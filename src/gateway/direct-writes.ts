// Writes to TCP sockets past Node's streams, where the inside of Node is as it is known here.
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';

/** Who writes, and is told of what the kernel could not take at once. */
export interface Writer {
  readonly stream: Socket;
  /** Bytes which `onTaken` is still to tell. */
  readonly pending: number;
  /** The kernel has taken so many bytes more, or the socket has ended without. */
  onTaken(byteLength: number): void;
}

/** A write which libuv may have to finish later; the kernel has taken the bytes when `oncomplete` is called. */
interface WriteRequest {
  oncomplete: (this: WriteRequest) => void;
  writer: Writer;
  /** Kept alive meanwhile. */
  bytes: Buffer;
}

/** What lies under a socket: libuv's stream. */
interface Handle {
  /** Negative once it is closed. */
  readonly fd: number;
  /** @returns 0, or a negative error number */
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  /** Facts about the last write of any stream, by the index that the constants name. */
  readonly streamBaseState: ArrayLike<number>;
  readonly kLastWriteWasAsync: number;
}

interface TcpBinding {
  readonly TCP: new (...args: never[]) => Handle;
}

type HandleOwner = Socket & { readonly _handle?: unknown };

/**
 * A stream costs as much as the system call beneath it, and mostly for what is not needed here: the kernel takes
 * the bytes at once, unless the client is slow. So the bytes go to the socket's own libuv handle, and no further:
 * libuv keeps their order to what streams wrote and will write, and the handle is gone before its descriptor is
 * free for another. Where any of the names used here is missing, streams write as ever.
 */
export class DirectWrites {
  #request: WriteRequest;
  // Copied out of the bindings, which are dictionaries: each look into one is a search.
  readonly #WriteWrap: StreamBinding['WriteWrap'];
  readonly #state: ArrayLike<number>;
  readonly #asyncAt: number;
  readonly #TCP: TcpBinding['TCP'];

  private constructor(
    { WriteWrap, streamBaseState, kLastWriteWasAsync }: StreamBinding,
    { TCP }: TcpBinding,
  ) {
    this.#WriteWrap = WriteWrap;
    this.#state = streamBaseState;
    this.#asyncAt = kLastWriteWasAsync;
    this.#TCP = TCP;
    this.#request = new WriteWrap();
  }

  /** Undefined where this Node has another inside. */
  static find(binding: (name: string) => unknown = bindingOf): DirectWrites | undefined {
    try {
      const stream = binding('stream_wrap') as Partial<StreamBinding>;
      const tcp = binding('tcp_wrap') as Partial<TcpBinding>;
      const { WriteWrap, streamBaseState, kLastWriteWasAsync } = stream;
      const known =
        typeof WriteWrap === 'function' &&
        typeof kLastWriteWasAsync === 'number' &&
        typeof streamBaseState?.[kLastWriteWasAsync] === 'number' &&
        typeof tcp.TCP?.prototype.writeBuffer === 'function' &&
        'fd' in tcp.TCP.prototype;
      return known ? new DirectWrites(stream as StreamBinding, tcp as TcpBinding) : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * @returns what its bytes may be sent to at once, and only now: the number is another socket's as soon as this one is
   *   closed; negative: there is nothing, or something that has to go first
   */
  descriptorOf(writer: Writer): number {
    const handle = this.#handleOf(writer.stream);
    return handle && writer.pending === 0 ? handle.fd : -1;
  }

  /** @returns bytes that `onTaken` will tell; undefined: nothing was written, the stream has to do it */
  write(writer: Writer, bytes: Buffer): number | undefined {
    const handle = this.#handleOf(writer.stream);
    if (!handle) return undefined;
    const request = this.#request;
    const error = handle.writeBuffer(request, bytes);
    if (error === 0 && this.#state[this.#asyncAt] === 0) return 0;
    this.#request = new this.#WriteWrap();
    if (error !== 0) {
      writer.stream.destroy(new Error(`write ${getSystemErrorName(error)}`));
      return 0;
    }
    request.writer = writer;
    request.bytes = bytes;
    request.oncomplete = onComplete;
    return bytes.length;
  }

  /** What the stream holds back goes first. A TLS socket's handle is another, and a closed one has none. */
  #handleOf(socket: HandleOwner): Handle | undefined {
    const handle = socket['_handle'];
    return handle instanceof this.#TCP && socket.writableLength === 0 ? handle : undefined;
  }
}

function onComplete(this: WriteRequest): void {
  this.writer.onTaken(this.bytes.length);
}

/** Deprecated, but not to be removed while it is what native addons and tools of old need. */
function bindingOf(name: string): unknown {
  return (process as unknown as { binding(name: string): unknown }).binding(name);
}
