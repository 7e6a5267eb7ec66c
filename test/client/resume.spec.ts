// Rooms across connections: resumed where they were, each message once, and whatever is missed is told.
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventsOf, ScriptedChat } from './scripted-chat.js';

describe('a room', () => {
  let stage: ScriptedChat;
  afterEach(() => stage.end());

  it('is joined anew on the next connection, from where it stood', async () => {
    stage = new ScriptedChat();
    const room = await stage.join();
    const events = eventsOf(room);
    stage.server.newest.message(1).message(2);
    await stage.reconnect();
    expect(room.live).toBe(false);
    expect(stage.server.newest.commands('SUBSCRIBE')).toEqual([
      expect.objectContaining({ room: 'general', since: { epoch: 'e1', offset: 2, messageId: 'm2' } }),
    ]);
    stage.server.newest.joined({ replayed: 1, offset: 3 }).message(3).message(4);
    expect(events).toEqual([1, 2, 3, 4].map((offset) => ['message', offset]));
    expect(room.live).toBe(true);
  });

  it('hears nothing twice', async () => {
    stage = new ScriptedChat();
    const events = eventsOf(await stage.join());
    await stage.pass();
    stage.server.newest.message(1).message(2).message(2).message(1).message(3);
    expect(events).toEqual([1, 2, 3].map((offset) => ['message', offset]));
  });

  it('says when it could not go on where it was', async () => {
    stage = new ScriptedChat();
    const events = eventsOf(await stage.join());
    await stage.pass();
    stage.server.newest.message(7);
    await stage.reconnect();
    // Another log: its offsets start again.
    stage.server.newest.joined({ epoch: 'e2', offset: 3, recovered: false }).message(4);
    stage.server.newest
      .say({ type: 'GAP', room: 'general', epoch: 'e2', from: 5, to: 8 })
      .message(8)
      .message(9);
    stage.server.newest.say({
      type: 'RESET',
      room: 'general',
      epoch: 'e3',
      offset: 0,
      reason: 'broker_data_lost',
    });
    stage.server.newest.message(1);
    expect(events).toEqual([
      ['message', 7],
      ['reset', 'not_recovered'],
      ['message', 4],
      ['gap', '5..8'],
      ['message', 9],
      ['reset', 'broker_data_lost'],
      ['message', 1],
    ]);
    await stage.reconnect();
    const since = { epoch: 'e3', offset: 1, messageId: 'm1' };
    expect(stage.server.newest.commands('SUBSCRIBE')).toEqual([expect.objectContaining({ since })]);
  });

  it('asks for its history again when the first replay was cut off before it began', async () => {
    stage = new ScriptedChat();
    const joining = stage.chat.join('general', { history: 50 });
    await stage.pass();
    stage.server.newest.welcome().joined({ replayed: 2, offset: 9 });
    const events = eventsOf(await joining);
    await stage.reconnect();
    expect(stage.server.newest.commands('SUBSCRIBE')).toEqual([expect.objectContaining({ history: 50 })]);
    stage.server.newest.joined({ replayed: 2, offset: 9 }).message(8).message(9);
    expect(events).toEqual([
      ['message', 8],
      ['message', 9],
    ]);
  });

  it('goes on from a position that was kept elsewhere', async () => {
    stage = new ScriptedChat();
    const since = { epoch: 'e1', offset: 4, messageId: 'm4' };
    const joining = stage.chat.join('general', { since, history: 50 });
    await stage.pass();
    stage.server.newest.welcome();
    expect(stage.server.newest.commands('SUBSCRIBE')).toEqual([expect.objectContaining({ since })]);
    stage.server.newest.joined({ epoch: 'e9', offset: 2, recovered: false });
    expect(eventsOf(await joining)).toEqual([]);
  });

  it('keeps what comes before there is a listener, and tells what it could not keep', async () => {
    stage = new ScriptedChat();
    const room = await stage.join();
    for (let offset = 1; offset <= 1_005; offset++) stage.server.newest.message(offset);
    const events = eventsOf(room);
    stage.server.newest.message(1_006);
    expect(events).toEqual([]);
    await stage.pass();
    const first = events[0] as [string, string];
    expect(first[0]).toBe('gap');
    const upTo = Number(/^1\.\.(\d+)$/.exec(first[1])?.[1]);
    expect(events.slice(1)).toEqual(
      Array.from({ length: 1_006 - upTo }, (_, index) => ['message', upTo + 1 + index]),
    );
    expect(events.length).toBeGreaterThan(900);
  });

  it('tries to join again while the broker is away, and gives up where it is not wanted', async () => {
    stage = new ScriptedChat();
    const joining = stage.chat.join('general');
    await stage.pass();
    stage.server.newest.welcome().refuse('SUBSCRIBE', 'UNAVAILABLE', { retryable: true });
    await stage.pass(2_000);
    expect(stage.server.newest.commands('SUBSCRIBE')).toHaveLength(2);
    stage.server.newest.joined();
    const room = await joining;
    const events = eventsOf(room);
    await stage.reconnect();
    stage.server.newest.refuse('SUBSCRIBE', 'FORBIDDEN');
    expect(events).toEqual([['left', 'refused']]);
    await expect(room.send('too late')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is over when its user is taken out of it', async () => {
    stage = new ScriptedChat();
    const room = await stage.join();
    const events = eventsOf(room);
    const sending = room.send('on its way');
    stage.server.newest.say({ type: 'UNSUBSCRIBED', room: 'general', reason: 'kicked' }).message(1);
    await expect(sending).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(events).toEqual([['left', 'kicked']]);
    await stage.reconnect();
    expect(stage.server.newest.commands('SUBSCRIBE')).toEqual([]);
  });

  it('may be left and joined again at once', async () => {
    stage = new ScriptedChat();
    const first = await stage.join();
    const events = eventsOf(first);
    first.leave();
    const joining = stage.chat.join('general');
    expect(stage.server.newest.sent.map(({ type }) => type)).toEqual([
      'SUBSCRIBE',
      'UNSUBSCRIBE',
      'SUBSCRIBE',
    ]);
    // Still of the time before.
    stage.server.newest.message(1);
    stage.server.newest.joined({ offset: 1 }).message(2);
    const again = eventsOf(await joining);
    await stage.pass();
    expect(events).toEqual([]);
    expect(again).toEqual([['message', 2]]);
  });
});
