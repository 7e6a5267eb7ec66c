// What a socket has read, handed over in slices, so that a pause takes effect before it is all parsed.
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

/** Bytes in a slice: a hundred small commands, and few slices for a large one. */
const SLICE_BYTES = 4_096;

/**
 * Node reads up to 64 KiB at once, and ws parses all of what it gets, paused or not: the 1,600 frames of a flood would
 * stop the process for milliseconds. A stream that is paused keeps its next slice.
 * @param head what came with the upgrade request
 */
export function readInSlices(socket: Socket, head: Buffer): void {
  const slices = [...slicesOf(head)].toReversed();
  for (const slice of slices) socket.unshift(slice);
  socket.push = pushSlices;
}

function pushSlices(this: Socket, chunk: Buffer | null, encoding?: BufferEncoding): boolean {
  if (chunk === null || chunk.length <= SLICE_BYTES) return pushWhole(this, chunk, encoding);
  let more = false;
  for (const slice of slicesOf(chunk)) more = !this.destroyed && pushWhole(this, slice);
  return more;
}

/** @returns whether the stream wants more */
function pushWhole(socket: Socket, chunk: Buffer | null, encoding?: BufferEncoding): boolean {
  return Readable.prototype.push.call(socket, chunk, encoding);
}

function* slicesOf(chunk: Buffer): Iterable<Buffer> {
  for (let at = 0; at < chunk.length; at += SLICE_BYTES) yield chunk.subarray(at, at + SLICE_BYTES);
}
