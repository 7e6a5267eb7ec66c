// Writes to many sockets by one call, where the native loop is built (native/send-loop.c).
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { DirectWrites, Writer } from './direct-writes.js';

/** Hands `bytes` to the first `count` descriptors; in each one's place: how many were taken, or a negative errno. */
export type SendAll = (descriptors: Int32Array, count: number, bytes: Buffer) => void;

/** Is told how many of its bytes the kernel has taken at once. */
type OnSent<W> = (writer: W, bytes: Buffer, taken: number) => void;

/** In one call: a larger room takes some more of them, which is nothing beside its writes. */
const MAX_WRITES = 1_024;
/** From `src/` and from `dist/` alike. */
const BUILT = new URL('../../dist/native/send-loop.node', import.meta.url);

/** Undefined where it is not built: there is no C compiler, or this is Windows. */
export function findSendAll(load: () => unknown = loadBuilt): SendAll | undefined {
  try {
    const { sendAll } = load() as { sendAll?: unknown };
    return typeof sendAll === 'function' ? (sendAll as SendAll) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Members of a room get the same bytes one after the other, and the way from JavaScript to each system call is a
 * seventh of what a delivery costs. A descriptor's number may be another socket's by the time it is used, so none is
 * kept: it is asked of the live handle, which has none once it is closed, and used before anything else runs that could
 * close it.
 */
export class SendLoop<W extends Writer> {
  /** Bytes it has sent: streams do not count them. */
  bytesSent = 0;
  #bytes: Buffer | undefined;
  /** The first `#count`. Emptied and kept: a list that grows anew for each room weighs more than all else here. */
  readonly #writers: (W | undefined)[] = [];
  #count = 0;
  readonly #descriptors = new Int32Array(MAX_WRITES);

  constructor(
    private readonly sendAll: SendAll,
    private readonly direct: DirectWrites,
    private readonly onSent: OnSent<W>,
  ) {}

  /** `flush` has to follow in the same stretch of synchronous code, in which no socket may be closed. */
  add(writer: W, bytes: Buffer): void {
    if (bytes !== this.#bytes || this.#count === MAX_WRITES) this.flush();
    this.#bytes = bytes;
    this.#descriptors[this.#count] = this.direct.descriptorOf(writer);
    this.#writers[this.#count++] = writer;
  }

  flush(): void {
    const bytes = this.#bytes;
    if (!bytes) return;
    const count = this.#count;
    this.#bytes = undefined;
    this.#count = 0;
    this.sendAll(this.#descriptors, count, bytes);
    for (let index = 0; index < count; index++) {
      const taken = Math.max(0, this.#descriptors[index]!);
      const writer = this.#writers[index]!;
      this.#writers[index] = undefined;
      this.bytesSent += taken;
      this.onSent(writer, bytes, taken);
    }
  }
}

function loadBuilt(): unknown {
  return createRequire(import.meta.url)(fileURLToPath(BUILT));
}
