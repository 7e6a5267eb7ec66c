// Fault scenarios on NATS at full length; `npm run test:faults` runs them along with the shorter selection.
import { describe } from '@jest/globals';
import { cutOff, freeze, repeatedly } from './breaking.js';
import { scenario } from './scenario.js';

const fleet = { broker: 'nats' } as const;

describe('faults on NATS at full length', () => {
  scenario({
    number: 3,
    title: 'kill -9 of NATS 5 times, streams in files',
    fleet,
    act: ({ fleet: { nats } }) =>
      repeatedly(() => nats.restart(), { times: 5, everyMs: 3_000, afterMs: 3_000 }),
  });

  scenario({
    number: 4,
    title: 'NATS restarted empty 3 times',
    fleet,
    brokerLosesData: true,
    act: ({ fleet: { nats } }) =>
      repeatedly(() => nats.restartEmpty(), { times: 3, everyMs: 3_000, afterMs: 3_000 }),
  });

  scenario({
    number: 5,
    title: 'NATS frozen for 10 s under load',
    fleet,
    act: ({ fleet: { nats } }) => freeze(nats, { beforeMs: 2_000, lastingMs: 10_000, afterMs: 5_000 }),
  });

  scenario({
    number: 6,
    title: 'links to NATS cut 30 times, once a second',
    fleet,
    act: (stage) => repeatedly(() => stage.fleet.cutLinks(), { times: 30, everyMs: 1_000 }),
  });

  scenario({
    number: 12,
    title: 'an instance cut off from NATS for 30 s',
    fleet,
    act: ({ fleet: { members } }) => cutOff(members[0]!, { lastingMs: 30_000, afterMs: 5_000 }),
  });
});
