// Arbitraries of frames in the other dialects: requests and chat with anything in their members, and almost those.
import * as fc from 'fast-check';
import { frameText, members, mostly, mutated, room, text, value } from './odd-frames.js';

const METHODS = [
  'room.subscribe',
  'room.unsubscribe',
  'room.send',
  'room.history',
  'room.members',
  'room.typing',
  'room.kick',
  'auth',
  'ping',
  'broadcast',
  'self.reply',
];
const ODD_METHODS = [
  '',
  'SUBSCRIBE',
  'ENTER',
  'rpc.discover',
  '__proto__',
  'constructor',
  'room.',
  'toString',
];
const id = fc.oneof(fc.integer(), fc.double(), fc.string({ maxLength: 300 }), fc.constant(null), value);
const params = mostly(
  fc.oneof(members, fc.record({ text: mostly(text), ['__proto__']: value }, { requiredKeys: ['text'] })),
);

const call: fc.Arbitrary<unknown> = fc.record(
  {
    jsonrpc: mostly(fc.constant('2.0')),
    method: fc.oneof(
      { arbitrary: fc.constantFrom(...METHODS), weight: 9 },
      fc.constantFrom(...ODD_METHODS),
      value,
    ),
    params,
    id,
  },
  { requiredKeys: ['jsonrpc', 'method'] },
);
const response = fc.record({ jsonrpc: fc.constant('2.0'), result: value, id });
const batch = fc.array(fc.oneof({ arbitrary: call, weight: 5 }, response, value), { maxLength: 60 });
const rpcJson = fc
  .oneof({ arbitrary: call, weight: 8 }, { arbitrary: batch, weight: 2 }, response)
  .map((frame) => JSON.stringify(frame) ?? 'null');

/** Anything that can stand in a text frame, most of it close to JSON-RPC. */
export const rpcText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: rpcJson, weight: 6 },
  { arbitrary: mutated(rpcJson), weight: 3 },
  frameText,
);

const type = fc.oneof(
  {
    arbitrary: fc.constantFrom('join', 'message', 'leaveRoom', 'getRoomList', 'send_message', 'change_room'),
    weight: 9,
  },
  fc.constantFrom('', 'ENTER', '__proto__', 'new_message'),
  value,
);
const chatJson = fc
  .record(
    {
      type,
      roomId: mostly(room),
      username: mostly(text),
      content: mostly(text),
      sender: mostly(text),
      payload: mostly(
        fc.record({ message: mostly(text), name: mostly(room), from: value }, { requiredKeys: [] }),
      ),
    },
    { requiredKeys: ['type', 'content'] },
  )
  .map((frame) => JSON.stringify(frame) ?? 'null');

/** The same for the dialects of chats: room events, envelope, plain. */
export const chatText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: chatJson, weight: 6 },
  { arbitrary: mutated(chatJson), weight: 3 },
  frameText,
);
