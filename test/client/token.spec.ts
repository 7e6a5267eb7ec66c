// Tokens: shown in-band, kept while they are good, renewed in time, and asked for once more when refused.
import { afterEach, describe, expect, it } from '@jest/globals';
import { ScriptedChat } from './scripted-chat.js';
import type { ScriptedSocket } from './scripted-server.js';

const BOB = { id: 'u-bob', name: 'Bob' };

/** A function that gives token-1, token-2, … */
function tokens(): () => Promise<string> {
  let count = 0;
  return () => Promise.resolve(`token-${++count}`);
}

function authenticated(socket: ScriptedSocket, lifeMs: number): void {
  const expiresAt = new Date(Date.now() + lifeMs).toISOString();
  socket.answer('AUTH', { type: 'AUTHENTICATED', user: BOB, expiresAt });
}

function shown(socket: ScriptedSocket): unknown[] {
  return socket.commands('AUTH').map(({ token }) => token);
}

describe('tokens', () => {
  let stage: ScriptedChat;
  afterEach(() => stage.end());

  async function connect(lifeMs: number, token: () => string | Promise<string> = tokens()): Promise<void> {
    stage = new ScriptedChat({ token });
    const connected = stage.chat.connect();
    await stage.pass();
    authenticated(stage.server.newest.welcome(), lifeMs);
    await connected;
  }

  it('are shown before anything else is said', async () => {
    stage = new ScriptedChat({ token: 'fixed' });
    void stage.chat.join('general').catch(() => undefined);
    await stage.pass();
    const socket = stage.server.newest.welcome();
    expect(socket.sent.map(({ type }) => type)).toEqual(['AUTH']);
    authenticated(socket, 60_000);
    expect(socket.sent.map(({ type }) => type)).toEqual(['AUTH', 'SUBSCRIBE']);
    expect(stage.chat.state.value).toMatchObject({ status: 'connected', user: BOB });
  });

  it('are renewed before they expire, on the same connection', async () => {
    await connect(600_000);
    stage.server.newest.pongs = true;
    await stage.pass(569_999);
    expect(shown(stage.server.newest)).toEqual(['token-1']);
    await stage.pass(1);
    expect(shown(stage.server.newest)).toEqual(['token-1', 'token-2']);
    authenticated(stage.server.newest, 600_000);
    await stage.pass(570_000 - 1);
    expect(shown(stage.server.newest)).toHaveLength(2);
    expect(stage.server.sockets).toHaveLength(1);
  });

  it('are asked for again when there was none in time', async () => {
    let calls = 0;
    await connect(20_000, () => {
      if (++calls > 1 && calls < 4) throw new Error('no network');
      return `token-${calls}`;
    });
    await stage.pass(15_000 + 2 * 2_000);
    expect(shown(stage.server.newest)).toEqual(['token-1', 'token-4']);
  });

  it('are kept across connections', async () => {
    await connect(600_000);
    stage.server.newest.end();
    await stage.redialled();
    stage.server.newest.welcome();
    expect(shown(stage.server.newest)).toEqual(['token-1']);
  });

  it('are replaced once after 4500', async () => {
    await connect(600_000);
    stage.server.newest.end(4500);
    await stage.redialled();
    stage.server.newest.welcome();
    expect(shown(stage.server.newest)).toEqual(['token-2']);
    stage.server.newest.refuse('AUTH', 'UNAUTHENTICATED');
    expect(stage.chat.state.value).toMatchObject({ status: 'closed', reason: { code: 'UNAUTHENTICATED' } });
  });

  it('may be slow to come', async () => {
    stage = new ScriptedChat({ token: () => new Promise<string>(() => undefined) });
    void stage.chat.connect().catch(() => undefined);
    await stage.pass(10_001);
    expect(stage.chat.state.value).toMatchObject({ status: 'waiting' });
    expect(stage.server.sockets).toEqual([]);
  });
});
