// Presence is cheap: idle members cost nothing, and a large room is not told of each who joins.
import { describe, expect, it } from '@jest/globals';
import { heartbeatsIn, idleCost, stampede } from './presence-cost.js';

const TIMEOUT_MS = 300_000;
const LEASE_MS = 30_000;
const OVER_MS = 20_000;

describe('presence costs', () => {
  it(
    'one command per instance and heartbeat, however many idle members there are',
    async () => {
      const heartbeats = heartbeatsIn(OVER_MS, LEASE_MS);
      for (const members of [200, 2_000]) {
        const { presence } = await idleCost(members, OVER_MS, heartbeats);
        expect(presence).toBeGreaterThan(0);
        expect(presence).toBeLessThanOrEqual(heartbeats);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'little where 2,000 users join one room within seconds: nobody is told of each',
    async () => {
      const { events, naive } = await stampede(2_000, 5_000);
      expect(events).toBeLessThan(naive / 10);
    },
    TIMEOUT_MS,
  );
});
