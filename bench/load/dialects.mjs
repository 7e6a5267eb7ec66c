// How each server is spoken to: its handshake, join and message.

import { SERIAL } from './frames.mjs';

/** @typedef {import('./types.js').Dialect} Dialect */

/** The peers' own protocol, in the shape of Nest's WsAdapter. @type {Dialect} */
const events = {
  path: '/ws',
  join: (room) => JSON.stringify({ event: 'JOIN_ROOM', data: { roomId: room } }),
  hasJoined: (text) => text.includes('"ROOM_JOINED"'),
  message: (room, text) => JSON.stringify({ event: 'SEND_MESSAGE', data: { roomId: room, text } }),
};

/** Socket.IO over Engine.IO 4, on WebSocket from the first byte. @type {Dialect} */
const socketio = {
  path: '/socket.io/?EIO=4&transport=websocket',
  waitsForGreeting: true,
  answer: (text, join) => {
    if (text.startsWith('0')) return '40';
    return text.startsWith('40') ? join : undefined;
  },
  heartbeat: { asks: '2', answers: '3' },
  join: (room) => `42${JSON.stringify(['JOIN_ROOM', { roomId: room }])}`,
  hasJoined: (text) => text.includes('"ROOM_JOINED"'),
  message: (room, text) => `42${JSON.stringify(['SEND_MESSAGE', { roomId: room, text }])}`,
};

/** Roomcast, natively; like the peers' clients, its sender asks for no acknowledgement. @type {Dialect} */
const roomcast = {
  path: '/ws',
  subprotocol: 'roomcast.v1',
  join: (room, since) => JSON.stringify({ type: 'SUBSCRIBE', id: 1, room, ...(since && { since }) }),
  hasJoined: (text) => text.includes('"SUBSCRIBED"'),
  positionOf: (text) => {
    const { epoch, offset, recovered } = JSON.parse(text);
    return { epoch, offset, recovered };
  },
  message: (room, text) => JSON.stringify({ type: 'SEND_MESSAGE', room, message: text }),
};

/** Every message with an idempotency key, and acknowledged. @type {Dialect} */
const acknowledged = {
  ...roomcast,
  message: (room, text) =>
    JSON.stringify({ type: 'SEND_MESSAGE', id: 2, room, message: text, messageId: SERIAL }),
};

/** @type {Record<string, Dialect>} */
export const DIALECTS = { events, socketio, roomcast, acknowledged };
