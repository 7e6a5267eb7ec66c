// The peer Socket.IO with its Redis adapter, as their documentation shows it.

import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const publisher = new Redis(process.env.REDIS_URL ?? '');
const subscriber = publisher.duplicate();
const server = createServer();
const io = new Server(server, {
  adapter: createAdapter(publisher, subscriber),
  transports: ['websocket'],
  serveClient: false,
});

io.on('connection', (socket) => {
  socket.on('JOIN_ROOM', async ({ roomId }) => {
    if (typeof roomId !== 'string') return;
    await socket.join(roomId);
    socket.emit('ROOM_JOINED', { roomId });
  });
  socket.on('SEND_MESSAGE', ({ roomId, text }) => {
    if (typeof roomId !== 'string' || typeof text !== 'string') return;
    io.to(roomId).emit('ROOM_MESSAGE', { roomId, text });
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
