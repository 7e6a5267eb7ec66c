// Presence at full length: the default lease, and as many idle members as the promises name.
import { describe, expect, it } from '@jest/globals';
import { heartbeatsIn, idleCost } from './presence-cost.js';
import { freeze, kill9, onStage } from './presence-scenarios.js';

const LEASE = '30s';
const LEASE_MS = 30_000;
const OVER_MS = 60_000;
const TIMEOUT_MS = 300_000;
const EACH_ONCE = { missing: 0, again: 0 };

describe('presence with the default lease', () => {
  it(
    'after kill -9 of one of three instances, all ghosts are gone within 35 s',
    async () => {
      const report = await onStage('kill -9 of one of three', LEASE, kill9);
      expect(report).toMatchObject({ left: EACH_ONCE, false: 0 });
      expect(report.ghostsGoneMs).toBeLessThan(35_000);
    },
    TIMEOUT_MS,
  );

  it(
    'heals when an instance was frozen for 40 s',
    async () => {
      const frozen = await onStage('SIGSTOP for 40 s', LEASE, (stage) => freeze(stage, 40_000));
      expect(frozen).toMatchObject({ left: EACH_ONCE, joined: EACH_ONCE, false: 0 });
    },
    TIMEOUT_MS,
  );

  it(
    'costs the same with 500 and with 5,000 idle members',
    async () => {
      const heartbeats = heartbeatsIn(OVER_MS, LEASE_MS);
      for (const members of [500, 5_000]) {
        const { presence } = await idleCost(members, OVER_MS, heartbeats);
        expect(presence).toBeLessThanOrEqual(heartbeats);
      }
    },
    3 * TIMEOUT_MS,
  );
});
