// Fault scenarios on NATS, the shorter selection, part of `npm test`; the others are in nats.long.ts.
import { setTimeout as pause } from 'node:timers/promises';
import { describe } from '@jest/globals';
import { cutRepeatedly } from './links.js';
import { scenario } from './scenario.js';

describe('faults on NATS', () => {
  scenario({
    number: 3,
    title: 'kill -9 of NATS, streams in files',
    fleet: { broker: 'nats' },
    act: async ({ fleet }) => {
      await pause(1_000);
      await fleet.nats.restart();
      await pause(4_000);
    },
  });

  scenario({
    number: 4,
    title: 'NATS restarted empty',
    fleet: { broker: 'nats' },
    brokerLosesData: true,
    act: async ({ fleet }) => {
      await pause(1_000);
      await fleet.nats.restartEmpty();
      await pause(4_000);
    },
  });

  scenario({
    number: 6,
    title: 'links to NATS cut 4 times, once a second',
    fleet: { broker: 'nats' },
    act: ({ fleet }) => cutRepeatedly(fleet, 4, 1_000),
  });

  scenario({
    number: 12,
    title: 'an instance cut off from NATS for 6 s',
    fleet: { broker: 'nats' },
    act: async ({ fleet: { members } }) => {
      await pause(1_000);
      members[0]!.proxy.blackhole(true);
      await pause(6_000);
      members[0]!.proxy.blackhole(false);
      await pause(2_000);
    },
  });
});
