// The client of the fault scenarios: what it asks for twice, a server rightly tells twice.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { ResilientClient } from '../faults/resilient-client.js';

const CLIENTS = 20;

describe('ResilientClient', () => {
  let server: WebSocketServer;
  let clients: ResilientClient[] = [];

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'roomcast.v1' });
    await once(server, 'listening');
  });

  afterEach(async () => {
    for (const client of clients) client.stop();
    clients = [];
    server.close();
    await once(server, 'close');
  });

  it('asks for a room once on a connection, though it was refused on the one before', async () => {
    const asked = await new Promise<number[]>((resolve) => {
      const counts: number[] = [];
      let refused = 0;
      server.on('connection', (socket) => {
        if (refused++ < CLIENTS) return refuse(socket);
        void joinsOf(socket).then((joins) => counts.push(joins) === CLIENTS && resolve(counts));
      });
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      clients = Array.from({ length: CLIENTS }, (_, nth) => new ResilientClient(`c${nth}`, [url], ['a'], 0));
      for (const client of clients) client.start();
    });
    expect(asked).toEqual(Array.from({ length: CLIENTS }, () => 1));
  });
});

function frameOf(data: unknown): { type: string; id?: string } {
  return JSON.parse(String(data)) as { type: string; id?: string };
}

/** Answers the join with an error, and hangs up. */
function refuse(socket: WebSocket): void {
  socket.on('message', (data) => {
    const { type, id } = frameOf(data);
    if (type !== 'SUBSCRIBE') return;
    socket.send(JSON.stringify({ type: 'ERROR', id, code: 'UNAVAILABLE' }));
    socket.close(1011);
  });
}

/** How many there are up to its second beat, by when any wait of the connection before is over. */
function joinsOf(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    let [joins, beats] = [0, 0];
    socket.on('message', (data) => {
      const { type } = frameOf(data);
      if (type === 'SUBSCRIBE') joins++;
      if (type === 'PING' && ++beats === 2) resolve(joins);
    });
  });
}
