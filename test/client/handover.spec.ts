// Make before break: the next connection is opened and resumed before the one before is closed.
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventsOf, ScriptedChat } from './scripted-chat.js';
import type { ScriptedSocket } from './scripted-server.js';

const RECONNECT = { type: 'RECONNECT', afterMs: 3_000, deadlineMs: 10_000 };

function offsets(...numbers: number[]): unknown[] {
  return numbers.map((offset) => ['message', offset]);
}

describe('RECONNECT', () => {
  let stage: ScriptedChat;
  afterEach(() => stage.end());

  /** Up to the moment at which the next connection is welcomed. */
  async function handover(): Promise<{ old: ScriptedSocket; next: ScriptedSocket }> {
    const old = stage.server.newest;
    old.say(RECONNECT);
    await stage.pass(RECONNECT.afterMs - 1);
    expect(stage.server.newest).toBe(old);
    await stage.pass(1);
    const next = stage.server.newest;
    expect(next).not.toBe(old);
    next.welcome();
    return { old, next };
  }

  it('moves at the moment it names, and neither loses nor doubles a message on the way', async () => {
    stage = new ScriptedChat();
    const room = await stage.join();
    const events = eventsOf(room);
    await stage.pass();
    stage.server.newest.message(1);
    const { old, next } = await handover();
    old.message(2).message(3);
    expect(old.closed).toBe(false);
    next.joined({ offset: 2, replayed: 1 });
    expect(old.closed).toBe(true);
    // What the old one still says comes over the new one too.
    old.message(4);
    next.message(2).message(3).message(4).message(5);
    expect(events).toEqual(offsets(1, 2, 3, 4, 5));
    expect(room.live).toBe(true);
    expect(stage.chat.state.value.status).toBe('connected');
  });

  it('waits for the answers to what was sent before, and sends what follows on the next', async () => {
    stage = new ScriptedChat();
    const room = await stage.join();
    const [first, second] = [room.send('first'), room.send('second')];
    const { old, next } = await handover();
    next.joined();
    expect(old.closed).toBe(false);
    expect(next.commands('SEND_MESSAGE')).toEqual([]);
    old.ack(1);
    expect(old.closed).toBe(true);
    expect(next.commands('SEND_MESSAGE')).toEqual([expect.objectContaining({ message: 'second' })]);
    next.ack(2);
    expect((await Promise.all([first, second])).map(({ offset }) => offset)).toEqual([1, 2]);
  });

  it('sends again what the old one did not answer before it ended', async () => {
    stage = new ScriptedChat();
    const room = await stage.join();
    const sending = room.send('once');
    const { old, next } = await handover();
    next.joined();
    old.end(4000);
    const [before, again] = [old.commands('SEND_MESSAGE')[0]!, next.commands('SEND_MESSAGE')[0]!];
    expect(again['messageId']).toBe(before['messageId']);
    next.ack(1, { duplicate: true });
    expect(await sending).toMatchObject({ offset: 1, duplicate: true });
  });

  it('keeps the old one for the rooms which the new one cannot join yet', async () => {
    stage = new ScriptedChat();
    const events = eventsOf(await stage.join());
    await stage.pass();
    const { old, next } = await handover();
    next.refuse('SUBSCRIBE', 'UNAVAILABLE', { retryable: true });
    old.message(1);
    expect(old.closed).toBe(false);
    await stage.pass(2_000);
    expect(next.commands('SUBSCRIBE').at(-1)).toMatchObject({ since: { offset: 1 } });
    next.joined();
    expect(old.closed).toBe(true);
    expect(events).toEqual(offsets(1));
  });

  it('stays where it is while there is nowhere to go', async () => {
    stage = new ScriptedChat();
    const events = eventsOf(await stage.join());
    await stage.pass();
    const old = stage.server.newest;
    old.say(RECONNECT);
    await stage.pass(RECONNECT.afterMs);
    stage.server.newest.end(1006);
    old.message(1);
    expect(stage.chat.state.value.status).toBe('connected');
    old.end(4000);
    expect(stage.chat.state.value.status).toBe('waiting');
    await stage.redialled();
    stage.server.newest.welcome().joined().message(2);
    expect(events).toEqual(offsets(1, 2));
  });

  it('takes a user out on the new one too, who was taken out on the old one', async () => {
    stage = new ScriptedChat();
    const events = eventsOf(await stage.join());
    const { old, next } = await handover();
    old.say({ type: 'UNSUBSCRIBED', room: 'general', reason: 'kicked' });
    next.joined().message(1);
    expect(next.commands('UNSUBSCRIBE')).toHaveLength(1);
    expect(events).toEqual([['left', 'kicked']]);
  });
});
