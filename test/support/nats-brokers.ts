// NATS brokers as the application builds them, against the servers of the tests.
import { Logger } from '@nestjs/common';
import { NatsBroker } from '../../src/brokers/nats/nats.broker.js';
import { NatsManager } from '../../src/brokers/nats/nats-manager.js';

export const HISTORY = { size: 1_000, ttlMs: 3_600_000, maxBytes: 0 };
const OPTIONS = { credentialsFile: undefined, prefix: 'roomcast', replicas: 1, idempotencyTtlMs: 3_600_000 };

type NatsKnobs = Partial<typeof HISTORY & { prefix: string; replicas: number }>;

/** Not connected. */
export function newNatsManager(url: string, knobs: NatsKnobs = {}): NatsManager {
  return new NatsManager({ ...OPTIONS, ...knobs, url }, { ...HISTORY, ...knobs });
}

/**
 * Not started. It doesn't log: cut links and foreign payloads are what these tests are about. Brokers of one prefix share
 * their rooms, and should have the same limits.
 */
export function newNatsBroker(url: string, knobs: NatsKnobs = {}): NatsBroker {
  Logger.overrideLogger(false);
  return new NatsBroker(newNatsManager(url, knobs), { ...HISTORY, ...knobs });
}
