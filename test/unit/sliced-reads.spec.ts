// Reads in slices: all bytes in order, and a pause after any of them holds back the rest.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SlicedReads } from '../../src/core/sliced-reads.js';
import { within } from '../support/deadline.js';
import { SocketPairs } from '../support/socket-pairs.js';

const TIMEOUT_MS = 10_000;
const SLICE_BYTES = 4_096;
const HEAD = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251));
const SENT = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (HEAD.length + index) % 251));

describe.each([
  ['past the stream', true],
  ['by the stream', false],
])('reads in slices %s', (_way, direct) => {
  let pairs: SocketPairs;
  let peer: Socket;
  let socket: Socket;

  beforeEach(async () => {
    pairs = await SocketPairs.listen();
    ({ stream: socket, peer } = await pairs.connect());
  });

  afterEach(() => pairs.close());

  /** The chunks it hands over, each of them followed by a pause. */
  async function pausingReader(): Promise<Buffer[]> {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      expect(socket.isPaused()).toBe(false);
      chunks.push(chunk);
      socket.pause();
      setImmediate(() => socket.resume());
    });
    await within(once(socket, 'end'), TIMEOUT_MS, 'the end');
    return chunks;
  }

  it('hands over no more than a slice until it is resumed, all in order', async () => {
    new SlicedReads(direct, SLICE_BYTES).begin(socket, HEAD);
    expect(Object.hasOwn(socket, 'push')).toBe(!direct);
    peer.end(SENT);
    const chunks = await pausingReader();
    expect(Math.max(...chunks.map(({ length }) => length))).toBe(SLICE_BYTES);
    const expected = Buffer.concat([HEAD, SENT]);
    expect(Buffer.concat(chunks).equals(expected)).toBe(true);
  });

  it('hands over nothing more once the socket is destroyed', async () => {
    new SlicedReads(direct, SLICE_BYTES).begin(socket, Buffer.alloc(0));
    let handed = 0;
    socket.on('data', (chunk: Buffer) => {
      handed += chunk.length;
      socket.destroy();
    });
    peer.on('error', () => undefined);
    peer.write(SENT);
    await within(once(socket, 'close'), TIMEOUT_MS, 'it is closed');
    expect(handed).toBe(SLICE_BYTES);
  });

  it('gives no socket the bytes of another, which reads into the same buffer', async () => {
    const reads = new SlicedReads(direct, SLICE_BYTES);
    const { stream: second, peer: other } = await pairs.connect();
    const sockets = [socket, second];
    const heard = sockets.map((each) => {
      const chunks: Buffer[] = [];
      reads.begin(each, Buffer.alloc(0));
      each.on('data', (chunk: Buffer) => chunks.push(chunk));
      return chunks;
    });
    const ends = sockets.map((each) => within(once(each, 'end'), TIMEOUT_MS, 'the end'));
    peer.end(SENT);
    other.end(HEAD);
    await Promise.all(ends);
    second.destroy();
    const [first, next] = heard.map((chunks) => Buffer.concat(chunks));
    expect([first!.equals(SENT), next!.equals(HEAD)]).toEqual([true, true]);
  });
});

it('where Node keeps its buffers elsewhere, the stream cuts', () => {
  const socket = new Socket();
  new SlicedReads(true, SLICE_BYTES, () => undefined).begin(socket, Buffer.alloc(0));
  expect(Object.hasOwn(socket, 'push')).toBe(true);
});
