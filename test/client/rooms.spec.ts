// The client against a real server: rooms, messages, the past, members, typing.
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { ChatClient, type ChatOptions, type Message } from '../../client/src/index.js';
import { Stage } from '../support/stage.js';
import { nextOf } from './listening.js';

const stage = new Stage();
afterEach(() => stage.clear());

function client(server: { url: string }, options: ChatOptions = {}): ChatClient {
  const chat = new ChatClient(`${server.url}/ws`, { WebSocket, ...options });
  stage.onClear(() => chat.close());
  return chat;
}

describe('rooms', () => {
  it('brings what one sends to the other, and to itself', async () => {
    const app = await stage.app();
    const [ada, bob] = await Promise.all([client(app).join('general'), client(app).join('general')]);
    const heard = Promise.all([nextOf(ada, 'message'), nextOf(bob, 'message')]);
    const sent = await ada.send('Hello', { data: { mood: 'good' } });
    expect(sent).toMatchObject({ room: 'general', offset: 1, duplicate: false });
    const expected: Partial<Message> = {
      room: 'general',
      epoch: sent.epoch,
      offset: 1,
      messageId: sent.messageId,
      message: 'Hello',
      data: { mood: 'good' },
    };
    const [own, others] = await heard;
    expect(own).toMatchObject(expected);
    expect(others).toEqual(own);
    expect(bob.position).toEqual({ epoch: sent.epoch, offset: 1, messageId: sent.messageId });
  });

  it('replays the newest messages, and pages through those before', async () => {
    const app = await stage.app();
    const ada = await client(app).join('general');
    for (let count = 1; count <= 20; count++) await ada.send(`${count}`);
    const bob = await client(app).join('general', { history: 5 });
    const first = await nextOf(bob, 'message');
    expect(first.message).toBe('16');
    const page = await bob.history({ before: first.offset, limit: 10 });
    expect(page.messages.map(({ message }) => message)).toEqual(
      Array.from({ length: 10 }, (_, index) => `${index + 6}`),
    );
    expect(page.more).toBe(true);
  });
});
