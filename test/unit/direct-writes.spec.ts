// Writing past Node's streams: the same bytes in the same order as through them, and a way back where that can't be.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { DirectWrites } from '../../src/gateway/direct-writes.js';
import { eventually } from '../support/deadline.js';
import { arrive, SocketPairs } from '../support/socket-pairs.js';

const TIMEOUT_MS = 10_000;
const MIB = 1024 * 1024;

function binding(name: string): Record<string, unknown> {
  return (process as unknown as { binding(name: string): Record<string, unknown> }).binding(name);
}

function noSuchModule(): never {
  throw new Error('No such module');
}

describe('direct writes', () => {
  const direct = DirectWrites.find()!;
  let pairs: SocketPairs;
  let peer: Socket;
  let writer: { stream: Socket; pending: number; onTaken(byteLength: number): void };
  let received: Buffer[];

  beforeEach(async () => {
    pairs = await SocketPairs.listen();
    const pair = await pairs.connect();
    const { stream } = pair;
    ({ peer } = pair);
    received = [];
    peer.on('data', (chunk: Buffer) => received.push(chunk));
    for (const socket of [peer, stream]) socket.on('error', () => undefined);
    writer = { stream, pending: 0, onTaken: (byteLength) => (writer.pending -= byteLength) };
  });

  afterEach(() => pairs.close());

  /** Writes; through the stream where it has to. */
  function write(bytes: Buffer): void {
    const waiting = direct.write(writer, bytes);
    if (waiting === undefined) writer.stream.write(bytes);
    else writer.pending += waiting;
  }

  it('are possible in the Node that runs the tests', () => {
    expect(direct).toBeInstanceOf(DirectWrites);
  });

  it('reach the kernel at once where the peer reads', async () => {
    expect(direct.write(writer, Buffer.from('hello'))).toBe(0);
    expect(writer.stream.bytesWritten).toBe(5);
    await arrive(Buffer.from('hello'), received);
  });

  it('keep their order among themselves and to those of the stream, however slowly the peer reads', async () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: MIB, max: 2 * MIB }));
    const writes = fc.array(fc.record({ size: sizes, byStream: fc.boolean() }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(writes, async (plan) => {
        received = [];
        peer.pause();
        const chunks = plan.map(({ size }, index) => Buffer.alloc(size, index + 1));
        for (const [index, { byStream }] of plan.entries()) {
          if (byStream) writer.stream.write(chunks[index]!);
          else write(chunks[index]!);
        }
        peer.resume();
        await arrive(Buffer.concat(chunks), received);
        await eventually(() => expect(writer.pending).toBe(0), TIMEOUT_MS, 'all is told as taken');
      }),
      { numRuns: 25 },
    );
  });

  it('tell what the kernel does not take, and when it has; also when the socket ends without', async () => {
    peer.pause();
    const waiting = direct.write(writer, Buffer.alloc(16 * MIB));
    expect(waiting).toBe(16 * MIB);
    writer.pending += waiting!;
    write(Buffer.alloc(MIB));
    writer.stream.destroy();
    await eventually(() => expect(writer.pending).toBe(0), TIMEOUT_MS, 'all is told');
  });

  it('are left to the stream while that holds bytes back, and once the socket is closed', async () => {
    peer.pause();
    writer.stream.write(Buffer.alloc(16 * MIB));
    expect(direct.write(writer, Buffer.from('overtakes'))).toBeUndefined();
    writer.stream.destroy();
    expect(direct.write(writer, Buffer.from('late'))).toBeUndefined();
  });

  it('end a socket which can not be written to', async () => {
    writer.stream.end();
    await once(writer.stream, 'finish');
    const closed = new Promise((resolve) => writer.stream.once('close', resolve));
    expect(direct.write(writer, Buffer.from('late'))).toBe(0);
    await closed;
    expect(writer.stream.errored?.message).toBe('write EPIPE');
  });

  it('are not for a socket which is no TCP socket of this Node', () => {
    const stream = { _handle: { writeBuffer: () => 0 }, writableLength: 0 } as unknown as Socket;
    expect(direct.write({ stream, pending: 0, onTaken: () => undefined }, Buffer.from('x'))).toBeUndefined();
  });

  it.each([
    ['stream_wrap', 'WriteWrap'],
    ['stream_wrap', 'streamBaseState'],
    ['stream_wrap', 'kLastWriteWasAsync'],
    ['tcp_wrap', 'TCP'],
  ])('are not found in a Node whose %s has no %s', (name, missing) => {
    const found = (asked: string) => {
      const all = { ...binding(asked) };
      if (asked === name) delete all[missing];
      return all;
    };
    expect(DirectWrites.find(binding)).toBeDefined();
    expect(DirectWrites.find(found)).toBeUndefined();
  });

  it('are not found in a Node that has no such inside at all', () => {
    expect(DirectWrites.find(noSuchModule)).toBeUndefined();
  });
});
