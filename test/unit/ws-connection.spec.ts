// Who is cut as a slow consumer: only one of whom the kernel takes nothing for long. And when the pings come.
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

function connect(ping: () => void = () => undefined): WsConnection {
  const writer = { schedule: () => undefined, flush: () => undefined, empty: FrameBatch.empty() };
  return new WsConnection(
    { ...socket, ping } as unknown as ClientSocket,
    { bytesRead: 0, bytesWritten: 0, writableLength: 0 } as Socket,
    { session: {} } as Handshake,
    { options, writer } as unknown as ConnectionHost<WsConnection>,
  );
}

beforeEach(() => {
  connection = connect();
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

it('is first pinged at another time than those who came with it, and by the interval at the latest', () => {
  const { heartbeatMs } = options;
  let pings = 0;
  const connections = Array.from({ length: 64 }, () => connect(() => pings++));
  const checkAll = (now: number): number => {
    for (const each of connections) each.check(now);
    return pings;
  };
  const byHalf = checkAll(performance.now() + heartbeatMs / 2);
  expect(byHalf).toBeGreaterThan(0);
  expect(byHalf).toBeLessThan(64);
  expect(checkAll(performance.now() + heartbeatMs)).toBe(64);
});
