// When the client comes back, when it doesn't, and how it notices that it has to.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ConnectionState } from '../../client/src/index.js';
import { LONGEST_WAIT_MS, ScriptedChat } from './scripted-chat.js';
import { HEARTBEAT_MS } from './scripted-server.js';

const TIMEOUT_MS = 10_000;

describe('the connection', () => {
  let stage: ScriptedChat;
  afterEach(() => stage.end());

  it('tells its states, and when the next try is due', async () => {
    stage = new ScriptedChat();
    const states: ConnectionState[] = [];
    stage.chat.state.subscribe((state) => states.push(state));
    await stage.connect();
    stage.server.newest.end(1006);
    const waiting = states.at(-1)!;
    if (waiting.status !== 'waiting') throw new Error(waiting.status);
    expect(waiting.reason).toMatchObject({ code: 'DISCONNECTED', closeCode: 1006, retryable: true });
    const dueMs = waiting.retryAt - Date.now();
    expect(dueMs).toBeGreaterThanOrEqual(500);
    expect(dueMs).toBeLessThanOrEqual(2_000);
    await stage.pass(dueMs - 1);
    expect(stage.server.sockets).toHaveLength(1);
    await stage.pass(2);
    expect(stage.server.sockets).toHaveLength(2);
    stage.server.newest.welcome();
    stage.chat.close();
    expect(states.map(({ status }) => status)).toEqual([
      'idle',
      'connecting',
      'connected',
      'waiting',
      'connecting',
      'connected',
      'closed',
    ]);
  });

  it.each([1000, 1001, 1006, 1009, 1011, 1012, 4000, 4008, 4010, 4029, 4499])(
    'comes back after %d',
    async (code) => {
      stage = new ScriptedChat();
      await stage.connect();
      stage.server.newest.end(code);
      await stage.redialled();
      expect(stage.server.sockets).toHaveLength(2);
    },
  );

  it.each([4500, 4501, 4502, 4503, 4999])('stays away after %d, and says why', async (code) => {
    stage = new ScriptedChat({ token: 'fixed' });
    const connected = stage.chat.connect();
    await stage.pass();
    stage.server.newest.welcome().end(code);
    await expect(connected).rejects.toMatchObject({ closeCode: code, retryable: false });
    expect(stage.chat.state.value).toMatchObject({ status: 'closed', reason: { closeCode: code } });
    await stage.pass(10 * LONGEST_WAIT_MS);
    expect(stage.server.sockets).toHaveLength(1);
    await expect(stage.chat.join('general')).rejects.toMatchObject({ closeCode: code });
  });

  it('waits longer with each failure, and starts over after a connection that lasted', async () => {
    stage = new ScriptedChat();
    await stage.connect();
    const attempts: number[] = [];
    stage.chat.state.subscribe((state) => state.status === 'waiting' && attempts.push(state.attempt));
    for (let failure = 0; failure < 3; failure++) {
      stage.server.newest.end();
      await stage.redialled();
    }
    stage.server.newest.welcome();
    stage.server.newest.end();
    await stage.redialled();
    stage.server.newest.welcome();
    await stage.pass(21_000);
    stage.server.newest.end();
    expect(attempts).toEqual([1, 2, 3, 4, 1]);
  });

  it('leaves the server alone for as long as it asks', async () => {
    stage = new ScriptedChat({ token: () => 'token' });
    void stage.chat.connect().catch(() => undefined);
    await stage.pass();
    stage.server.newest.welcome().refuse('AUTH', 'RATE_LIMITED', { retryable: true, retryAfterMs: 60_000 });
    await stage.pass(60_000);
    expect(stage.server.sockets).toHaveLength(1);
    await stage.pass(2_000);
    expect(stage.server.sockets).toHaveLength(2);
  });

  it('gives up a try that nobody answers', async () => {
    stage = new ScriptedChat();
    void stage.chat.connect().catch(() => undefined);
    await stage.pass(TIMEOUT_MS + 1);
    expect(stage.server.newest.closed).toBe(true);
    expect(stage.chat.state.value).toMatchObject({ status: 'waiting', reason: { code: 'TIMEOUT' } });
  });

  it('asks a silent server whether it lives, and leaves one that does not', async () => {
    stage = new ScriptedChat();
    await stage.connect();
    const { newest } = stage.server;
    await stage.pass(HEARTBEAT_MS + 1);
    expect(newest.commands('PING')).toHaveLength(1);
    newest.answer('PING', { type: 'PONG' });
    await stage.pass(HEARTBEAT_MS - 1);
    newest.say({ type: 'SOMETHING_NEW' });
    await stage.pass(HEARTBEAT_MS - 1);
    expect(newest.commands('PING')).toHaveLength(1);
    await stage.pass(2);
    expect(newest.commands('PING')).toHaveLength(2);
    await stage.pass(TIMEOUT_MS - 10);
    expect(newest.closed).toBe(false);
    await stage.pass(10);
    expect(newest.closed).toBe(true);
    expect(stage.chat.state.value).toMatchObject({ status: 'waiting', reason: { code: 'TIMEOUT' } });
  });

  it('tries at once when the application asks for it', async () => {
    stage = new ScriptedChat();
    await stage.connect();
    stage.server.newest.end();
    const connected = stage.chat.connect();
    await stage.pass();
    expect(stage.server.sockets).toHaveLength(2);
    stage.server.newest.welcome();
    await connected;
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    stage = new ScriptedChat({ signal: controller.signal });
    const room = await stage.join();
    const sending = room.send('never stored');
    const left = new Promise((resolve) => room.on('left', resolve));
    controller.abort();
    await expect(sending).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await left).toMatchObject({ reason: 'closed' });
    expect(stage.server.newest.closed).toBe(true);
    await expect(stage.chat.connect()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
