// The server's side of a WebSocket, with one owner in place of listeners.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Server, WebSocket, WebSocketServer } from 'ws';
import { ClientSocket, type SocketOwner } from '../../src/gateway/client-socket.js';
import { within } from '../support/deadline.js';

const TIMEOUT_MS = 10_000;

describe('ClientSocket', () => {
  let server: Server<typeof ClientSocket>;
  let client: WebSocket;
  let socket: ClientSocket;
  let heard: unknown[];

  beforeEach(async () => {
    heard = [];
    const owner: SocketOwner = {
      onFrame: (data, isBinary) => heard.push(['frame', data.toString(), isBinary]),
      onControlFrame: () => heard.push('control'),
      onFailed: (error) => heard.push(['failed', error.message]),
      onClosed: (code) => heard.push(['closed', code]),
    };
    const ours = { WebSocket: ClientSocket, autoPong: false, clientTracking: false };
    server = new WebSocketServer<typeof ClientSocket>({ port: 0, host: '127.0.0.1', ...ours });
    await once(server, 'listening');
    const accepted = new Promise<ClientSocket>((resolve) => {
      server.on('connection', (accepting) => {
        accepting.belongTo(owner);
        resolve(accepting);
      });
    });
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    [socket] = await Promise.all([accepted, once(client, 'open')]);
  });

  afterEach(async () => {
    client.terminate();
    socket.terminate();
    server.close();
    await once(server, 'close');
  });

  it('answers a ping with its data, and tells its owner', async () => {
    client.ping('payload');
    const [data] = (await within(once(client, 'pong'), TIMEOUT_MS, 'the pong')) as [Buffer];
    expect(data.toString()).toBe('payload');
    expect(heard).toEqual(['control']);
  });

  it('answers no ping once it is closing', async () => {
    let pongs = 0;
    client.on('pong', () => pongs++);
    socket.close(1000);
    client.ping();
    await once(client, 'close');
    expect(pongs).toBe(0);
  });

  it('tells its owner of frames and of its end', async () => {
    client.send('hello');
    client.close(4321);
    await once(client, 'close');
    expect(heard).toEqual([
      ['frame', 'hello', false],
      ['closed', 4321],
    ]);
  });

  it('serves listeners of other events, though it keeps no place for them', async () => {
    expect(Reflect.get(socket, '_events')).toBeUndefined();
    expect(socket.eventNames()).toEqual([]);
    const upgraded = once(socket, 'something');
    expect(socket.listenerCount('something')).toBe(1);
    socket.emit('something', 1);
    expect(await upgraded).toEqual([1]);
    expect(socket.eventNames()).not.toContain('something');
  });
});
