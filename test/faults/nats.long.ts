// Fault scenarios on NATS at full length; `npm run test:faults` runs them along with the shorter selection.
import { setTimeout as pause } from 'node:timers/promises';
import { describe } from '@jest/globals';
import { cutRepeatedly } from './links.js';
import { scenario } from './scenario.js';

describe('faults on NATS at full length', () => {
  scenario({
    number: 3,
    title: 'kill -9 of NATS 5 times, streams in files',
    fleet: { broker: 'nats' },
    act: async ({ fleet }) => {
      for (let round = 0; round < 5; round++) {
        await pause(3_000);
        await fleet.nats.restart();
      }
      await pause(3_000);
    },
  });

  scenario({
    number: 4,
    title: 'NATS restarted empty 3 times',
    fleet: { broker: 'nats' },
    brokerLosesData: true,
    act: async ({ fleet }) => {
      for (let round = 0; round < 3; round++) {
        await pause(3_000);
        await fleet.nats.restartEmpty();
      }
      await pause(3_000);
    },
  });

  scenario({
    number: 5,
    title: 'NATS frozen for 10 s under load',
    fleet: { broker: 'nats' },
    act: async ({ fleet }) => {
      await pause(2_000);
      fleet.nats.pause();
      await pause(10_000);
      fleet.nats.resume();
      await pause(5_000);
    },
  });

  scenario({
    number: 6,
    title: 'links to NATS cut 30 times, once a second',
    fleet: { broker: 'nats' },
    act: ({ fleet }) => cutRepeatedly(fleet, 30, 1_000),
  });

  scenario({
    number: 12,
    title: 'an instance cut off from NATS for 30 s',
    fleet: { broker: 'nats' },
    act: async ({ fleet: { members } }) => {
      members[0]!.proxy.blackhole(true);
      await pause(30_000);
      members[0]!.proxy.blackhole(false);
      await pause(5_000);
    },
  });
});
