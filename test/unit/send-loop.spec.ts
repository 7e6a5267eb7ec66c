// The native loop: what each way of writing brings to a socket, it brings too; and never to another socket.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { DirectWrites } from '../../src/gateway/direct-writes.js';
import { FrameWriter, type Outgoing } from '../../src/gateway/frame-writer.js';
import { findSendAll, SendLoop } from '../../src/gateway/send-loop.js';
import { eventually } from '../support/deadline.js';
import { arrive, SocketPairs } from '../support/socket-pairs.js';
import { turn } from '../support/quiescence.js';

const TIMEOUT_MS = 10_000;
const MIB = 1024 * 1024;
/** What a build says that has no compiler. */
const NOT_BUILT = /^native\/send-loop\.c is not built, sockets are written to one by one: /;
const EBADF = -9;

/** A socket of the server's, with what its peer has read. */
class Member implements Outgoing {
  pending = 0;
  /** What `take` gives next. */
  bytes: Buffer | undefined;
  readonly received: Buffer[] = [];

  constructor(
    readonly stream: Socket,
    readonly peer: Socket,
  ) {
    peer.on('data', (chunk: Buffer) => this.received.push(chunk));
    for (const socket of [peer, stream]) socket.on('error', () => undefined);
  }

  take(): Buffer | undefined {
    const { bytes } = this;
    this.bytes = undefined;
    return bytes;
  }

  onSent(): void {
    if (this.pending > 0) throw new Error('What waits was overtaken');
  }

  onWritten(waiting: number): void {
    this.pending += waiting;
  }

  onTaken(byteLength: number): void {
    this.pending -= byteLength;
  }
}

function noSuchModule(): never {
  throw new Error('Cannot find module');
}

function numberOf(socket: Socket): number {
  return (socket as unknown as { ['_handle']: { fd: number } })['_handle'].fd;
}

describe('the native loop', () => {
  const direct = DirectWrites.find()!;
  const sendAll = findSendAll()!;
  let pairs: SocketPairs;
  let members: Member[];
  let writer: FrameWriter;

  beforeEach(async () => {
    pairs = await SocketPairs.listen();
    members = [];
    // By this clock no flush is long: each turn's frames are written after it.
    writer = new FrameWriter(direct, sendAll, () => 0);
  });

  afterEach(() => pairs.close());

  async function member(): Promise<Member> {
    const { stream, peer } = await pairs.connect();
    const made = new Member(stream, peer);
    members.push(made);
    return made;
  }

  function schedule(to: Member, bytes: Buffer): void {
    to.bytes = bytes;
    writer.schedule(to);
  }

  it('is built where the tests run', () => {
    expect(typeof sendAll).toBe('function');
  });

  it('brings the same bytes to each member of a room, however large that is, and counts them', async () => {
    const room = [await member(), await member(), await member()];
    const loop = new SendLoop(sendAll, direct, (to: Member) => to.onSent());
    const bytes = Buffer.from('to all');
    for (let nth = 0; nth < 1_500; nth++) loop.add(room[nth % 3]!, bytes);
    loop.flush();
    for (const each of room) await arrive(Buffer.from('to all'.repeat(500)), each.received);
    expect(loop.bytesSent).toBe(1_500 * bytes.length);
  });

  it('keeps the order to streams and to what waits, however slowly who reads', async () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: MIB, max: 2 * MIB }));
    const writes = fc.array(fc.record({ size: sizes, byStream: fc.boolean() }), { maxLength: 8 });
    const [slow, quick] = [await member(), await member()];
    await fc.assert(
      fc.asyncProperty(writes, async (plan) => {
        for (const each of members) each.received.length = 0;
        slow.peer.pause();
        const chunks = plan.map(({ size }, index) => Buffer.alloc(size, index + 1));
        for (const [index, { byStream }] of plan.entries()) {
          if (byStream) for (const { stream } of members) stream.write(chunks[index]!);
          else for (const each of members) schedule(each, chunks[index]!);
          await turn();
        }
        await arrive(Buffer.concat(chunks), quick.received);
        slow.peer.resume();
        await arrive(Buffer.concat(chunks), slow.received);
        await eventually(() => expect(slow.pending).toBe(0), TIMEOUT_MS, 'all is told as taken');
      }),
      { numRuns: 25 },
    );
  });

  it('does not overtake what waits when the kernel has room again', async () => {
    const slow = await member();
    slow.peer.pause();
    const expected = [Buffer.alloc(16 * MIB, 1)];
    schedule(slow, expected[0]!);
    await turn();
    expect(slow.pending).toBeGreaterThan(0);
    slow.peer.on('data', () => {
      // Right after the peer has made room, and before what waits has been written.
      if (slow.bytes) return;
      expected.push(Buffer.from('next'));
      schedule(slow, expected.at(-1)!);
    });
    slow.peer.resume();
    await eventually(() => expect(slow.pending).toBe(0), TIMEOUT_MS, 'all is taken');
    slow.peer.removeAllListeners('data').on('data', (chunk: Buffer) => slow.received.push(chunk));
    await arrive(Buffer.concat(expected), slow.received);
  });

  it('writes nothing to the socket that has got the number of one that was closed', async () => {
    const gone = await member();
    const number = numberOf(gone.stream);
    schedule(gone, Buffer.from('hello'));
    await turn();
    gone.stream.destroy();
    // The kernel gives the lowest number that is free: peers and accepted sockets come to have it.
    const heirs = [await member(), await member()];
    expect(heirs.flatMap(({ stream, peer }) => [numberOf(stream), numberOf(peer)])).toContain(number);
    schedule(gone, Buffer.from('not for you'));
    for (const heir of heirs) schedule(heir, Buffer.from('for you'));
    await turn();
    for (const heir of heirs) {
      await arrive(Buffer.from('for you'), heir.received);
      heir.peer.end('bye');
      // Its peer may be who has got the number: then the server would hear it.
      expect(await text(heir.stream)).toBe('bye');
    }
  });

  it('ends a socket which can not be written to, and no other', async () => {
    const [ended, other] = [await member(), await member()];
    ended.stream.end();
    await once(ended.stream, 'finish');
    const closed = once(ended.stream, 'close').catch(() => undefined);
    for (const each of members) schedule(each, Buffer.from('late'));
    await turn();
    await closed;
    expect(ended.stream.errored?.message).toBe('write EPIPE');
    await arrive(Buffer.from('late'), other.received);
  });

  it('tells of each descriptor what came of it, and leaves negative ones alone', () => {
    const descriptors = Int32Array.of(-7, 1_000_000, 3);
    sendAll(descriptors, 2, Buffer.from('x'));
    expect([...descriptors]).toEqual([-7, EBADF, 3]);
  });

  it.each<[string, unknown[]]>([
    ['no descriptors', [[1], 1, Buffer.from('x')]],
    ['more than there are', [new Int32Array(1), 2, Buffer.from('x')]],
    ['other numbers', [new Uint32Array(1), 1, Buffer.from('x')]],
    ['a text', [new Int32Array(1), 1, 'x']],
    ['too little', [new Int32Array(1), 1]],
  ])('refuses %s', (_what, given) => {
    expect(() => (sendAll as (...all: unknown[]) => void)(...given)).toThrow(
      'sendAll(descriptors: Int32Array',
    );
  });

  it('is not used where it is not built, or is another', () => {
    expect(findSendAll(noSuchModule)).toBeUndefined();
    expect(findSendAll(() => ({}))).toBeUndefined();
  });

  it('fails no build that has no compiler', () => {
    const build = fileURLToPath(new URL('../../native/build.mjs', import.meta.url));
    const env = { ...process.env, CC: '/nonexistent' };
    const { status, stderr } = spawnSync(process.execPath, [build], { env, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stderr).toMatch(NOT_BUILT);
  });
});
