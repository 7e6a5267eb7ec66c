// A process that was held up: what its sockets have brought meanwhile is not too late.
import { createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Sweeper } from '../../src/brokers/sweeper.js';
import { withDeadline } from '../../src/core/deadline.js';
import { holdUp } from '../support/hold-up.js';

const DEADLINE_MS = 30;
/** Longer than that, and than a sweeper's interval. */
const HELD_UP_MS = 250;

describe('after the process was held up', () => {
  let server: Server;
  let near: Socket;
  let far: Socket;

  beforeEach(async () => {
    const path = join(tmpdir(), `roomcast-${randomUUID()}`);
    server = createServer().listen(path);
    await once(server, 'listening');
    far = new Socket().connect(path);
    [near] = (await once(server, 'connection')) as [Socket];
    if (far.connecting) await once(far, 'connect');
  });

  afterEach(() => {
    far.destroy();
    near.destroy();
    server.close();
  });

  /** Has `onAnswer` called with what comes over the socket, which is there before the process is held up. */
  async function answerAndHoldUp(onAnswer: (text: string) => void): Promise<void> {
    near.on('data', (data) => onAnswer(data.toString()));
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        far.write('the answer', () => undefined);
        holdUp(HELD_UP_MS);
        resolve();
      });
    });
  }

  it('a call whose answer has come is answered, though its deadline has passed', async () => {
    let answer!: (text: string) => void;
    const call = new Promise<string>((resolve) => (answer = resolve));
    const outcome = withDeadline(call, DEADLINE_MS, () => new Error('too late'));
    await answerAndHoldUp(answer);
    await expect(outcome).resolves.toBe('the answer');
  });

  it('a call without an answer is refused', async () => {
    const outcome = withDeadline(new Promise(() => undefined), DEADLINE_MS, () => new Error('too late'));
    await answerAndHoldUp(() => undefined);
    await expect(outcome).rejects.toThrow('too late');
  });

  it('a sweeper looks when the answers have been read', async () => {
    const seen: (string | undefined)[] = [];
    let answer: string | undefined;
    const swept = new Promise<void>((resolve) => {
      const sweeper = new Sweeper(() => {
        seen.push(answer);
        resolve();
        return false;
      });
      sweeper.start();
    });
    await answerAndHoldUp((text) => (answer = text));
    await swept;
    expect(seen).toEqual(['the answer']);
  });
});
