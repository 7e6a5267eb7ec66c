// Fault scenarios under load on NATS.
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
    title: 'links to NATS cut 8 times, once a second',
    fleet: { broker: 'nats' },
    act: ({ fleet }) => cutRepeatedly(fleet, 8, 1_000),
  });
});
