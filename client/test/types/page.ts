// The published types as a page without Node's types sees them; compiled by test/client/types.spec.ts, never run.
import { ChatClient, ChatError, newMessageId } from '@roomcast/client';
import type { ConnectionState, ErrorCode, Message, Position, Room, Sent } from '@roomcast/client';

/** `true` only if each is the other. */
type Same<A, B> = [A, B] extends [B, A] ? true : false;

export const chat = new ChatClient('wss://example.com', { WebSocket, token: async () => 'token' });
export const others = [
  () => new ChatClient('wss://example.com', { token: 'token', signal: AbortSignal.timeout(1) }),
  // @ts-expect-error a token is text
  () => new ChatClient('wss://example.com', { token: 1 }),
  // @ts-expect-error no such option
  () => new ChatClient('wss://example.com', { tokens: 'token' }),
];

const room = await chat.join('general', { history: 50 });
const again = await chat.join('general', { since: { epoch: 'e', offset: 1 } });
const off = room.on('message', (message) => {
  // @ts-expect-error what was heard is not to be changed
  message.offset = 1;
});
// @ts-expect-error no such event
room.on('massage', () => undefined);
const sent = await room.send('Hello', { data: { mood: 'good' }, messageId: newMessageId() });
// @ts-expect-error data is an object
await room.send('Hello', { data: 'good' });
const { messages, more } = await room.history({ before: sent.offset, limit: 20 });

export const same = [
  true satisfies Same<typeof room, Room>,
  true satisfies Same<typeof again, Room>,
  true satisfies Same<typeof off, () => void>,
  true satisfies Same<typeof sent, Sent>,
  true satisfies Same<typeof messages, readonly Message[]>,
  true satisfies Same<typeof more, boolean>,
  true satisfies Same<NonNullable<typeof room.position>, Position>,
  true satisfies Same<typeof chat.state.value, ConnectionState>,
  true satisfies Same<ErrorCode, Extract<ChatError['code'], ErrorCode>>,
];

room.on('reset', ({ reason }) => void (reason satisfies 'broker_data_lost' | 'not_recovered'));
room.on('left', ({ error }) => void (error satisfies ChatError));
chat.state.subscribe((state) => {
  if (state.status === 'waiting') void (state.retryAt satisfies number);
  if (state.status === 'connected') void (state.user.name satisfies string);
  // @ts-expect-error only while waiting
  void state.retryAt;
});
