// A client without manners, in a process of its own: sends at full speed, as its parent tells it.
import { connect as connectTcp } from 'node:net';
import { setPriority } from 'node:os';
import { WebSocket } from 'ws';

// Who floods from elsewhere takes nothing of the server's processors but what the server gives.
setPriority(19);

/**
 * Comes from `address`, where it is given. `stubborn` is who neither reads nor minds what it is told; who `returns`
 * comes back each time it was cut.
 */
const { url, port, kind, returns, address: localAddress } = JSON.parse(process.argv[2]);
const RETURN_MS = 20;
/** Frames between two looks at whether it was cut. */
const BATCH = 200;
const MAX_UNSENT_BYTES = 1024 * 1024;

let frames = 0;
let connections = 0;
/** How connections ended, and with which errors commands were answered, by code. */
const closed = {};
const errors = {};
let stopped = false;
/** Ends the present connection. */
let hangUp = () => undefined;

const commands = {
  commands: (nth) => `{"type":"PING","id":${nth}}`,
  messages: (nth) => `{"type":"SEND_MESSAGE","id":${nth},"room":"flooded","message":"${'x'.repeat(1000)}"}`,
  joins: (nth) => `{"type":"SUBSCRIBE","id":${nth},"room":"flooded-${nth % 90}"}`,
  typing: (nth) => `{"type":"TYPING","id":${nth},"room":"flooded","typing":${nth % 2 === 0}}`,
  malformed: (nth) => `{"type":${nth}`,
};

function onClosed(code) {
  if (!stopped) process.send('cut');
  closed[code] = (closed[code] ?? 0) + 1;
  if (returns && !stopped) setTimeout(kind === 'stubborn' ? beStubborn : connect, RETURN_MS);
}

function sendOne(socket) {
  frames++;
  if (kind === 'pings') socket.ping('x'.repeat(100));
  else if (kind === 'pongs') socket.pong('x'.repeat(100));
  else socket.send(commands[kind](frames));
}

function flood(socket) {
  if (stopped || socket.readyState !== WebSocket.OPEN) return;
  for (let nth = 0; nth < BATCH && socket.bufferedAmount < MAX_UNSENT_BYTES; nth++) sendOne(socket);
  setImmediate(flood, socket);
}

function connect() {
  if (stopped) return;
  const socket = new WebSocket(url, ['roomcast.v1'], { localAddress });
  hangUp = () => socket.terminate();
  socket.on('open', () => {
    connections++;
    socket.send('{"type":"SUBSCRIBE","room":"flooded"}');
    flood(socket);
  });
  socket.on('message', (/** @type {Buffer} */ data) => {
    const { type, code, retryAfterMs } = JSON.parse(data.toString());
    if (type !== 'ERROR') return;
    const name = code === 'RATE_LIMITED' && !(retryAfterMs > 0) ? 'RATE_LIMITED without retryAfterMs' : code;
    errors[name] = (errors[name] ?? 0) + 1;
  });
  // 'close' follows.
  socket.on('error', () => undefined);
  socket.on('close', onClosed);
}

/** A PING command, masked with zeros: the bytes as they are. */
function frameBytes() {
  const payload = Buffer.from('{"type":"PING","id":1}');
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

function beStubborn() {
  if (stopped) return;
  const socket = connectTcp({ port, host: '127.0.0.1', localAddress });
  hangUp = () => socket.destroy();
  const chunk = Buffer.concat(Array.from({ length: BATCH }, frameBytes));
  const write = () => {
    do frames += BATCH;
    while (socket.write(chunk));
  };
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: roomcast.v1\r\n\r\n',
  );
  socket.once('data', () => {
    connections++;
    socket.pause();
    socket.on('drain', write);
    write();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => onClosed('cut'));
}

process.on('message', (order) => {
  if (order === 'flood') {
    if (kind === 'stubborn') beStubborn();
    else connect();
    return;
  }
  stopped = true;
  hangUp();
  process.send({ frames, connections, closed, errors });
});
// The test is over, in whatever way.
process.on('disconnect', () => process.exit());
process.send('ready');
