// Who is cut as a slow consumer: only one of whom the kernel takes nothing for long.
import type { Socket } from 'node:net';
import { beforeEach, expect, it } from '@jest/globals';
import type { ClientSocket } from '../../src/gateway/client-socket.js';
import type { ConnectionHost, Handshake } from '../../src/gateway/connection-host.js';
import { FrameBatch } from '../../src/gateway/frame-batch.js';
import { WsConnection } from '../../src/gateway/ws-connection.js';

const BUDGET_BYTES = 10;
const SLOW_MS = 1_500;
const OVER_BUDGET = 'x'.repeat(2 * BUDGET_BYTES);
const socket = { readyState: 1, belongTo: () => undefined, close: () => undefined };
const options = {
  sendBudgetBytes: BUDGET_BYTES,
  slowConsumerMs: SLOW_MS,
  authTimeoutMs: 1e9,
  heartbeatMs: 1e9,
};
let connection: WsConnection;

beforeEach(() => {
  const writer = { schedule: () => undefined, flush: () => undefined, empty: FrameBatch.empty() };
  connection = new WsConnection(
    socket as unknown as ClientSocket,
    { bytesWritten: 0, writableLength: 0 } as Socket,
    { session: {} } as Handshake,
    { options, writer } as unknown as ConnectionHost<WsConnection>,
  );
});

it('is over its budget at each look, but had all taken in between: it is not', () => {
  for (let now = 1_000; now < 6_000; now += 1_000) {
    connection.send(OVER_BUDGET);
    connection.check(now);
    expect(connection.take()).toBeDefined();
    connection.onSent();
  }
  expect(connection.closeCode).toBeUndefined();
});

it('has nothing taken: it is', () => {
  connection.send(OVER_BUDGET);
  for (let now = 1_000; now < 6_000; now += 1_000) connection.check(now);
  expect(connection.closeCode).toBe(4008);
});
