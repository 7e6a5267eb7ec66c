// The shorter selection of fault scenarios under load, part of `npm test`; the others are in *.long.ts.
import { describe } from '@jest/globals';
import { freeze, repeatedly } from './breaking.js';
import { commandRepeatedly } from './redis-admin.js';
import { scenario } from './scenario.js';

describe('faults', () => {
  scenario({
    number: 1,
    title: 'kill -9 of an instance',
    act: ({ fleet }) =>
      repeatedly(() => fleet.members[0]!.app.kill('SIGKILL'), { everyMs: 1_000, afterMs: 4_000 }),
    // A third of the clients, in two rooms each.
    expected: { recovered: 200 },
  });

  scenario({
    number: 3,
    title: 'kill -9 of Redis, append-only file',
    fleet: { redis: { appendonly: true, appendfsync: 'always' } },
    act: ({ fleet }) => repeatedly(() => fleet.redis.restart(), { everyMs: 1_000, afterMs: 4_000 }),
  });

  scenario({
    number: 4,
    title: 'Redis restarted empty',
    brokerLosesData: true,
    act: ({ fleet }) => repeatedly(() => fleet.redis.restart(), { everyMs: 1_000, afterMs: 4_000 }),
  });

  scenario({
    number: 6,
    title: 'pub/sub connections killed 8 times, once a second',
    act: ({ fleet }) => commandRepeatedly(fleet.redis, 8, 1_000, ['CLIENT', 'KILL', 'TYPE', 'pubsub']),
  });

  scenario({
    number: 17,
    title: 'an instance stalls for 5 s',
    act: ({ fleet }) => freeze(fleet.members[0]!.app, { lastingMs: 5_000, afterMs: 2_000 }),
  });

  scenario({
    number: 28,
    title: 'SCRIPT FLUSH under load, 20 times',
    act: ({ fleet }) => commandRepeatedly(fleet.redis, 20, 150, ['SCRIPT', 'FLUSH']),
    expected: { refusals: {} },
  });
});
