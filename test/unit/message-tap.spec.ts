// The tap on the subscriber link agrees with ioredis's own reader, however the bytes are cut up.
import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { tapMessages } from '../../src/brokers/redis/message-tap.js';
import { eventually } from '../support/deadline.js';
import { RedisServer } from '../support/redis-server.js';

interface Message {
  readonly channel: string;
  readonly payload: string;
}

function bulk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
}

const payloads = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const channels = fc.stringMatching(/^room:[A-Za-z0-9_.:@-]{1,20}$/);

const messages = fc
  .record({ head: fc.constantFrom('>', '*'), channel: channels, payload: payloads })
  .map((message) => ({
    bytes: Buffer.concat([
      Buffer.from(`${message.head}3\r\n$7\r\nmessage\r\n`),
      bulk(Buffer.from(message.channel)),
      bulk(message.payload),
    ]),
    message: { channel: message.channel, payload: message.payload.toString('hex') },
  }));

const others = fc
  .oneof(
    channels.map((channel) => `>3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:1\r\n`),
    channels.map((channel) => `*3\r\n$11\r\nunsubscribe\r\n$${channel.length}\r\n${channel}\r\n:-1\r\n`),
    fc.constantFrom('+OK\r\n', '-ERR no\r\n', ':42\r\n', '$-1\r\n', '*-1\r\n', '_\r\n', '#t\r\n', ',1.5\r\n'),
    fc.constantFrom(
      '%1\r\n+a\r\n*2\r\n:1\r\n$1\r\nx\r\n',
      '~2\r\n+a\r\n+b\r\n',
      '$0\r\n\r\n',
      '!3\r\nERR\r\n',
      '*0\r\n',
    ),
    fc.constantFrom('>4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nc\r\n$1\r\np\r\n', '=5\r\ntxt:a\r\n'),
  )
  .map((text) => ({ bytes: Buffer.from(text), message: undefined }));

describe('the tap', () => {
  it('takes messages and forwards all else byte by byte, for any chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(messages, others), { maxLength: 30 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
        (replies, sizes) => {
          const socket = new EventEmitter();
          const forwarded: Buffer[] = [];
          const taken: Message[] = [];
          socket.on('data', (bytes: Buffer) => forwarded.push(Buffer.from(bytes)));
          const tapped = tapMessages(socket, (channel, chunk, start, end) => {
            taken.push({ channel, payload: chunk.toString('hex', start, end) });
          });
          expect(tapped).toBe(true);
          const bytes = Buffer.concat(replies.map((reply) => reply.bytes));
          for (let at = 0; at < bytes.length;) {
            const size = sizes.next().value;
            socket.emit('data', bytes.subarray(at, at + size));
            at += size;
          }
          expect(taken).toEqual(replies.flatMap(({ message }) => message ?? []));
          const rest = replies.filter(({ message }) => message === undefined).map((reply) => reply.bytes);
          expect(Buffer.concat(forwarded).toString('hex')).toBe(Buffer.concat(rest).toString('hex'));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves a socket alone on which nobody listens', () => {
    const socket = new EventEmitter();
    expect(tapMessages(socket, () => undefined)).toBe(false);
    expect(socket.listenerCount('data')).toBe(0);
  });
});

describe.each([2, 3] as const)('on a real link with RESP%i', (protocol) => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
  });

  afterAll(async () => {
    await server.stop();
  });

  it('both hear the same, and subscribe and unsubscribe go on working under the tap', async () => {
    const [publisher, tapped, plain] = [1, 2, 3].map(() => new Redis(server.url, { protocol })) as [
      Redis,
      Redis,
      Redis,
    ];
    const heard: Record<'tapped' | 'plain', string[]> = { tapped: [], plain: [] };
    await eventually(
      () => Promise.all([tapped, plain].map((redis) => redis.ping())),
      10_000,
      'the links are up',
    );
    expect(
      tapMessages(tapped.stream, (channel, chunk, start, end) =>
        heard.tapped.push(`${channel} ${chunk.toString('hex', start, end)}`),
      ),
    ).toBe(true);
    plain.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
      heard.plain.push(`${channel.toString()} ${payload.toString('hex')}`);
    });
    await Promise.all([tapped, plain].map((redis) => redis.subscribe('room:a', 'room:b')));
    for (let count = 0; count < 300; count++) {
      const payload = Buffer.alloc(count * 37 * (count % 7), count);
      await publisher.publish(count % 2 ? 'room:a' : 'room:b', payload);
    }
    await Promise.all([tapped, plain].map((redis) => redis.unsubscribe('room:b')));
    await publisher.publish('room:b', 'unheard');
    await publisher.publish('room:a', 'last');
    const last = `room:a ${Buffer.from('last').toString('hex')}`;
    await eventually(
      () => expect([heard.tapped.at(-1), heard.plain.at(-1)]).toEqual([last, last]),
      10_000,
      'the last arrives',
    );
    expect(heard.tapped).toHaveLength(301);
    expect(heard.tapped).toEqual(heard.plain);
    for (const redis of [publisher, tapped, plain]) redis.disconnect();
  });
});
