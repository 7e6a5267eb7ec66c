// The peer by hand: ws and ioredis, nothing else, written with care for speed but without tricks.

import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';

const publisher = new Redis(process.env.REDIS_URL ?? '');
const subscriber = new Redis(process.env.REDIS_URL ?? '');
/** @type {Map<string, Set<import('ws').WebSocket>>} */
const rooms = new Map();

subscriber.on('messageBuffer', (channel, /** @type {Buffer} */ frame) => {
  // A Buffer is cheaper than a string, which ws would encode again for each member.
  for (const member of rooms.get(channel.toString()) ?? []) member.send(frame, { binary: false });
});

/** @param {import('ws').WebSocket} socket @param {string} roomId */
async function join(socket, roomId) {
  const members = rooms.get(roomId);
  if (members) members.add(socket);
  else {
    rooms.set(roomId, new Set([socket]));
    await subscriber.subscribe(roomId);
  }
  socket.send(JSON.stringify({ event: 'ROOM_JOINED', data: { roomId } }));
}

/** @param {import('ws').WebSocket} socket @param {Set<string>} joined */
async function leaveAll(socket, joined) {
  for (const roomId of joined) {
    const members = rooms.get(roomId);
    members?.delete(socket);
    if (members?.size !== 0) continue;
    rooms.delete(roomId);
    await subscriber.unsubscribe(roomId);
  }
}

/** @param {unknown} value @returns {value is string} */
function isText(value) {
  return typeof value === 'string' && value.length > 0;
}

/** @param {import('ws').WebSocket} socket @param {Set<string>} joined @param {string} frame */
async function handle(socket, joined, frame) {
  const { event, data } = JSON.parse(frame);
  if (!isText(data?.roomId)) throw new Error('roomId must be a string');
  const { roomId, text } = data;
  if (event === 'JOIN_ROOM') {
    joined.add(roomId);
    await join(socket, roomId);
  } else if (event === 'SEND_MESSAGE') {
    if (!isText(text)) throw new Error('text must be a string');
    await publisher.publish(roomId, JSON.stringify({ event: 'ROOM_MESSAGE', data: { roomId, text } }));
  } else throw new Error('unknown event');
}

const server = createServer();
const sockets = new WebSocketServer({ server, path: '/ws', perMessageDeflate: false });
sockets.on('connection', (socket) => {
  /** @type {Set<string>} */
  const joined = new Set();
  socket.on('message', (/** @type {Buffer} */ frame) => {
    handle(socket, joined, frame.toString()).catch((/** @type {Error} */ { message }) =>
      socket.send(JSON.stringify({ event: 'ERROR', data: { message } })),
    );
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => void leaveAll(socket, joined));
});
server.listen(Number(process.env.PORT), '127.0.0.1');
