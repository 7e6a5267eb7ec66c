// Fault scenarios on NATS, the shorter selection, part of `npm test`; the others are in nats.long.ts.
import { describe } from '@jest/globals';
import { cutOff, repeatedly } from './breaking.js';
import { scenario } from './scenario.js';

const fleet = { broker: 'nats' } as const;

describe('faults on NATS', () => {
  scenario({
    number: 3,
    title: 'kill -9 of NATS, streams in files',
    fleet,
    act: ({ fleet: { nats } }) => repeatedly(() => nats.restart(), { everyMs: 1_000, afterMs: 4_000 }),
  });

  scenario({
    number: 4,
    title: 'NATS restarted empty',
    fleet,
    brokerLosesData: true,
    act: ({ fleet: { nats } }) => repeatedly(() => nats.restartEmpty(), { everyMs: 1_000, afterMs: 4_000 }),
  });

  scenario({
    number: 6,
    title: 'links to NATS cut 4 times, once a second',
    fleet,
    act: (stage) => repeatedly(() => stage.fleet.cutLinks(), { times: 4, everyMs: 1_000 }),
  });

  scenario({
    number: 12,
    title: 'an instance cut off from NATS for 6 s',
    fleet,
    act: ({ fleet: { members } }) =>
      cutOff(members[0]!, { beforeMs: 1_000, lastingMs: 6_000, afterMs: 2_000 }),
  });
});
