// Who is where, through crashes, pauses and broker restarts; with a short lease, so that it is quick.
import { describe, expect, it } from '@jest/globals';
import { amnesia, doze, freeze, kill9, onStage, outage, vanish } from './presence-scenarios.js';

const LEASE = '3s';
const LEASE_MS = 3_000;
const TIMEOUT_MS = 90_000;
/** For a test process that shares two cores with everything it measures. */
const SLACK_MS = 2_000;
const EACH_ONCE = { missing: 0, again: 0 };

describe('presence', () => {
  it(
    'after kill -9 of one of three instances, its members leave once, and nobody else',
    async () => {
      const report = await onStage('kill -9 of one of three', LEASE, kill9);
      expect(report).toMatchObject({ left: EACH_ONCE, false: 0 });
      expect(report.ghostsGoneMs).toBeLessThan(LEASE_MS + SLACK_MS);
    },
    TIMEOUT_MS,
  );

  it(
    'heals when an instance was frozen for longer than its lease',
    async () => {
      const frozen = await onStage('SIGSTOP for two leases', LEASE, (stage) => freeze(stage, 2 * LEASE_MS));
      expect(frozen).toMatchObject({ left: EACH_ONCE, joined: EACH_ONCE, false: 0 });
    },
    TIMEOUT_MS,
  );

  it(
    'is not disturbed when an instance is frozen for less than its lease',
    async () => {
      const frozen = await onStage('SIGSTOP for half a lease', LEASE, (stage) => doze(stage, LEASE_MS / 2));
      expect(frozen).toEqual({ events: 0 });
    },
    TIMEOUT_MS,
  );

  it(
    'comes back by itself when Redis restarts empty, and nobody hears that anybody came or went',
    async () => {
      const report = await onStage('Redis restarted empty', LEASE, amnesia);
      expect(report).toMatchObject({ events: 0, left: EACH_ONCE });
    },
    TIMEOUT_MS,
  );

  it(
    'is not left with anybody of 1,000 who vanish in the middle of joining',
    async () => {
      expect(await onStage('1,000 vanish while joining', LEASE, vanish)).toEqual({ events: 0 });
    },
    TIMEOUT_MS,
  );

  it(
    'is not disturbed when Redis is away for longer than the lease',
    async () => {
      const report = await onStage(
        'Redis away for two leases',
        LEASE,
        (stage) => outage(stage, 2 * LEASE_MS),
        { redis: { appendonly: true } },
      );
      expect(report).toEqual({ events: 0, left: EACH_ONCE });
    },
    TIMEOUT_MS,
  );
});
