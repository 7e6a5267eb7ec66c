// The client of the other tests: what it promises about frames that came, or did not come.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EchoServer } from '../support/echo-server.js';
import { TestClient } from '../support/test-client.js';

describe('TestClient', () => {
  let server: EchoServer;
  let client: TestClient;

  beforeEach(async () => {
    server = await EchoServer.start();
    client = await TestClient.connect(server.url);
  });

  afterEach(async () => {
    client.terminate();
    await server.stop();
  });

  it('takes the frame asked for and leaves the others queued', async () => {
    client.send({ type: 'ONE', n: 1 });
    client.send('{"type":"TWO","n":2}');

    expect(await client.next('TWO')).toEqual({ type: 'TWO', n: 2 });
    expect(client.queued.map(({ type }) => type)).toEqual(['HELLO', 'ONE']);
    expect(await client.next((frame) => frame['n'] === 1)).toEqual({ type: 'ONE', n: 1 });
  });

  it('finds the reply to each request', async () => {
    const replies = await Promise.all([client.request({ type: 'ONE' }), client.request({ type: 'TWO' })]);
    expect(replies.map(({ type }) => type)).toEqual(['ONE', 'TWO']);
  });

  it('fences: takes all that came before the PONG, and nothing that came after it', async () => {
    client.send({ type: 'BEFORE' });
    const fenced = client.fence();
    client.send({ type: 'AFTER' });

    expect((await fenced).map(({ type }) => type)).toEqual(['HELLO', 'BEFORE']);
    expect(await client.next()).toEqual({ type: 'AFTER' });
  });

  it('fails a wait that takes too long, telling what is queued', async () => {
    await client.fence();
    client.send({ type: 'OTHER' });
    await expect(client.next('NEVER', 100)).rejects.toThrow(/NEVER: not within 100 ms; queued: .*OTHER/);
  });

  it('fails a wait whose connection ends', async () => {
    const waiting = client.next('NEVER');
    client.terminate();
    await expect(waiting).rejects.toThrow('the connection closed: 1006');
    expect(await client.closed).toEqual({ code: 1006, reason: '' });
    await expect(client.next('NEVER')).rejects.toThrow('the connection is closed');
  });

  it('offers the native subprotocol, unless told to offer none', async () => {
    expect(client.protocol).toBe('roomcast.v1');
    const plain = await TestClient.connect(server.url, { protocols: [], headers: { 'x-test': 'yes' } });
    await plain.close();
    expect(await plain.closed).toMatchObject({ code: 1000 });
    expect(plain.protocol).toBe('');
    expect(server.handshakes[1]).toMatchObject({ 'x-test': 'yes' });
    expect(server.handshakes[1]).not.toHaveProperty('sec-websocket-protocol');
  });
});
