// The servers that are measured, and how each is started.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./types.js').Peer} Peer */

/** What would stop the generator rather than a user: it is one address, and says more than a person can. */
export const RAISED_LIMITS = {
  MAX_CONNECTIONS_PER_ADDRESS: '1000000',
  MAX_HANDSHAKES_PER_MINUTE: '1000000',
  COMMANDS_PER_SECOND: '1000000',
  COMMANDS_BURST: '1000000',
};

function here(/** @type {string} */ path) {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** The version that is installed, of a package in bench/node_modules. */
function version(/** @type {string} */ name) {
  const path = here(`node_modules/${name}/package.json`);
  return `${name} ${JSON.parse(readFileSync(path, 'utf8')).version}`;
}

/** Node's options in what `npm start` runs. */
function startOptions() {
  const { scripts } = JSON.parse(readFileSync(here('../package.json'), 'utf8'));
  return scripts.start.split(' ').filter((/** @type {string} */ word) => word.startsWith('--'));
}

/** With the limits that are shipped. @type {Peer} */
export const ROOMCAST = {
  id: 'roomcast',
  title: 'Roomcast',
  dialect: 'roomcast',
  main: here('../dist/app/main.js'),
  nodeOptions: startOptions(),
};

/** @returns {Peer[]} */
export function allPeers() {
  const roomcast = { ...ROOMCAST, env: RAISED_LIMITS };
  return [
    roomcast,
    {
      id: 'socketio',
      title: ['socket.io', '@socket.io/redis-adapter'].map(version).join(', '),
      main: here('peers/socketio.mjs'),
      dialect: 'socketio',
    },
    {
      id: 'ws-ioredis',
      title: `${['ws', 'ioredis'].map(version).join(', ')}, by hand`,
      main: here('peers/ws-ioredis.mjs'),
      dialect: 'events',
    },
    {
      id: 'stock-nest',
      title: ['@nestjs/core', '@nestjs/platform-ws', 'class-validator', 'ioredis'].map(version).join(', '),
      main: here('peers/stock-nest/main.mjs'),
      dialect: 'events',
    },
    {
      ...roomcast,
      id: 'roomcast-acked',
      title: 'Roomcast, every message with an idempotency key and acknowledged',
      dialect: 'acknowledged',
    },
  ];
}

/** Measured only where it is asked for: it does more than the others can. */
export const ON_REQUEST = new Set(['roomcast-acked']);
/** Whom the others are compared with. */
export const BASE = 'stock-nest';
