// Random and mutated frames, 20,000 of them: nothing crashes, nothing is INTERNAL, nothing is left behind.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { COMMANDS, type Request } from '../../src/protocol/commands.js';
import { type Dialect, MalformedFrame } from '../../src/protocol/dialects/dialect.js';
import { envelope } from '../../src/protocol/dialects/envelope.js';
import { jsonRpc } from '../../src/protocol/dialects/json-rpc.js';
import { jsonRpcBare } from '../../src/protocol/dialects/json-rpc-bare.js';
import { native } from '../../src/protocol/dialects/native.js';
import { plain } from '../../src/protocol/dialects/plain.js';
import { roomEvents } from '../../src/protocol/dialects/room-events.js';
import type { AppProcess } from '../support/app-process.js';
import { type Bystanders, bystandersOf } from '../support/bystanders.js';
import { healthTells } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import { TestClient } from '../support/test-client.js';
import { goodToken, SECRET } from './forge.js';
import { chatText, rpcText } from './odd-dialects.js';
import { commandText, frameBytes, frameText, ROOMS } from './odd-frames.js';
import { RawHttp, upgradeRequest } from './raw-http.js';
import { kindOf } from './replies.js';

const DECODED = 10_000;
/** By the library, as text, and by hand, as bytes. */
const TEXTS = 6_000;
const BYTES = 4_000;
const PER_CONNECTION = 20;
const MAX_LOG_LINES = 500;
const TIMEOUT_MS = 240_000;

/** Undefined where it is refused as it should be. */
function decodedOf(dialect: Dialect, text: string): readonly Request[] | undefined {
  try {
    const decoded = dialect.decode(text);
    return 'type' in decoded ? [decoded] : decoded;
  } catch (error) {
    if (error instanceof MalformedFrame && error.code === 'BAD_REQUEST') return undefined;
    throw error;
  }
}

/** What in a value would be something else after its way through JSON. */
function changedByJson(value: unknown): unknown[] {
  const changed: unknown[] = [];
  JSON.stringify(value, (key, member: unknown) => {
    const illFormed = typeof member === 'string' && !member.isWellFormed();
    const infinite = typeof member === 'number' && !Number.isFinite(member);
    if (illFormed || infinite || !key.isWellFormed()) changed.push(member);
    return member;
  });
  return changed;
}

/** It is one of ours, and can be said again, to others, as it was said. */
function expectSound(request: Request): void {
  const { type, ref } = request;
  expect(ref === undefined || typeof ref === 'number' || String(ref).length <= 256).toBe(true);
  if (type === undefined) return;
  expect(Object.hasOwn(COMMANDS, type)).toBe(true);
  expect(Object.getPrototypeOf(request.body)).toBe(Object.prototype);
  expect(changedByJson(request.body)).toEqual([]);
}

const decoders: { dialect: Dialect; texts: fc.Arbitrary<string>; runs: number }[] = [
  { dialect: native, texts: frameText, runs: DECODED },
  { dialect: jsonRpc, texts: rpcText, runs: DECODED / 2 },
  { dialect: jsonRpcBare, texts: rpcText, runs: DECODED / 5 },
  { dialect: roomEvents, texts: chatText, runs: DECODED / 5 },
  { dialect: envelope, texts: chatText, runs: DECODED / 5 },
  { dialect: plain, texts: chatText, runs: DECODED / 5 },
];

describe.each(decoders)('the decoder of $dialect.name', ({ dialect, texts, runs }) => {
  it(
    'throws nothing but MalformedFrame, and decodes to nothing but requests',
    () => {
      const untouched = Reflect.ownKeys(Object.prototype).length;
      let [decoded, refused] = [0, 0];
      fc.assert(
        fc.property(texts, (text) => {
          const requests = decodedOf(dialect, text);
          if (!requests) return void refused++;
          decoded++;
          for (const request of requests) expectSound(request);
        }),
        { numRuns: runs },
      );
      expect(Reflect.ownKeys(Object.prototype)).toHaveLength(untouched);
      // Both happen often enough to mean something.
      expect(Math.min(decoded, refused)).toBeGreaterThan(runs / 10);
    },
    TIMEOUT_MS,
  );
});

describe('a server', () => {
  const shared = new Stage();
  let app: AppProcess;
  let bystanders: Bystanders;

  beforeAll(async () => {
    app = await shared.app({
      LOG_LEVEL: 'warn',
      JWT_SECRET: SECRET,
      UNSUBSCRIBE_LINGER: '0s',
      HISTORY_SIZE: '20',
      MAX_MESSAGE_BYTES: '8000',
    });
    bystanders = await bystandersOf(app);
    shared.onClear(() => bystanders.leave());
  });
  afterAll(() => shared.clear());

  const moderator = goodToken({ sub: 'u-fuzz', exp: 4e9, rooms: { '*': ['read', 'write', 'moderate'] } });
  const headers = { Authorization: `Bearer ${moderator}` };

  async function expectUnharmed(): Promise<void> {
    await bystanders.expectUndisturbed();
    // Nobody else is there, in any room.
    await healthTells(app, { connections: 2, rooms: 1 });
    expect(app.logs.length).toBeLessThan(MAX_LOG_LINES);
    expect(app.logs.filter((line) => !/WARN/.test(line))).toEqual([]);
  }

  it(
    'survives texts, and answers each in its turn',
    async () => {
      const answers: Record<string, number> = {};
      const frames = fc.array(fc.oneof(commandText, frameText), {
        minLength: PER_CONNECTION,
        maxLength: PER_CONNECTION,
      });
      await fc.assert(
        fc.asyncProperty(frames, async (texts) => {
          const client = await TestClient.connect(app.url, { headers });
          try {
            for (const room of ROOMS) client.send({ type: 'SUBSCRIBE', room });
            // Five malformed ones in a row would end it, before it was sent the rest.
            for (const [index, text] of texts.entries()) {
              client.send(text);
              if (index % 4 === 3) client.send({ type: 'PING' });
            }
            const replies = await client.fence(20_000);
            const kinds = replies.map(kindOf);
            for (const kind of kinds) answers[kind] = (answers[kind] ?? 0) + 1;
            expect(kinds.filter((kind) => ['INTERNAL', 'NOT_JSON', 'BINARY', ''].includes(kind))).toEqual([]);
          } finally {
            client.terminate();
          }
        }),
        { numRuns: TEXTS / PER_CONNECTION },
      );
      // It got beyond the decoder, to every command and to most of the errors.
      const expected = [
        'SUBSCRIBED',
        'ACK',
        'HISTORY',
        'MEMBERS',
        'KICKED',
        'PONG',
        'AUTHENTICATED',
        'UNSUBSCRIBED',
      ];
      const errors = [
        'BAD_REQUEST',
        'BAD_ROOM',
        'UNKNOWN_TYPE',
        'UNAUTHENTICATED',
        'NOT_SUBSCRIBED',
        'MESSAGE_TOO_LARGE',
      ];
      expect(Object.keys(answers)).toEqual(expect.arrayContaining([...expected, ...errors]));
      await expectUnharmed();
    },
    TIMEOUT_MS,
  );

  it(
    'survives bytes',
    async () => {
      const frames = fc.array(frameBytes, { minLength: PER_CONNECTION, maxLength: PER_CONNECTION });
      let answered = 0;
      await fc.assert(
        fc.asyncProperty(frames, fc.boolean(), async (some, abruptly) => {
          const raw = await RawHttp.open(app.port);
          raw.write(upgradeRequest({ headers }));
          raw.write(Buffer.concat(some));
          if (abruptly) {
            await raw.answer();
            raw.destroy();
            return;
          }
          await raw.finish();
          if (raw.received.startsWith('HTTP/1.1 101')) answered++;
          expect(raw.received).not.toContain('INTERNAL');
        }),
        { numRuns: BYTES / PER_CONNECTION },
      );
      expect(answered).toBeGreaterThan(BYTES / PER_CONNECTION / 4);
      await expectUnharmed();
    },
    TIMEOUT_MS,
  );

  it('keeps nothing of it all', async () => {
    bystanders.leave();
    await healthTells(app, { connections: 0, rooms: 0 });
    expect(app.logs.length).toBeLessThan(MAX_LOG_LINES);
  });

  it('has been tried with 20,000 frames together', () => {
    expect(DECODED + TEXTS + BYTES).toBeGreaterThanOrEqual(20_000);
  });
});
