// What must not unsettle who is where: a crash, a pause, a broker that begins anew. In short and at full length.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { eventually, within } from '../support/deadline.js';
import { Crowd, type CrowdMember, sizesOf, tellings } from './crowd.js';
import { Fleet, type Member } from './fleet.js';
import { vanishWhileJoining } from './join-seam.js';
import { print } from './print.js';

const API_KEY = 'an-api-key-which-is-long-enough';
const MEMBERS = 300;
const ROOMS = 50;
const SETTLE_MS = 20_000;
/** A number that nobody's coming or going explains is told after five seconds, if it lasts. */
const RECOUNT_MS = 6_000;

export interface Stage {
  readonly fleet: Fleet;
  readonly crowd: Crowd;
}

/** Three instances, 300 members in 50 rooms, who all know of each other. */
export async function onStage<Report extends object>(
  title: string,
  lease: string,
  run: (stage: Stage) => Promise<Report>,
  options: Parameters<typeof Fleet.start>[1] = {},
): Promise<Report> {
  const env = { PRESENCE_LEASE: lease, API_KEYS: API_KEY };
  const fleet = await Fleet.start(3, { ...options, env });
  let crowd: Crowd | undefined;
  try {
    crowd = await Crowd.connect(fleet.urls, MEMBERS);
    await crowd.spread(ROOMS);
    const report = await run({ fleet, crowd });
    print(`presence, lease ${lease}: ${title}`, report);
    return report;
  } finally {
    crowd?.stop();
    await fleet.stop();
  }
}

/** The store has exactly these, as each of the instances tells it. */
async function expectInStore(instances: readonly Member[], present: readonly CrowdMember[]): Promise<void> {
  const expected = new Map<string, string[]>();
  for (const { room, userId } of present) expected.set(room, [...(expected.get(room) ?? []), userId]);
  for (const { app } of instances) {
    for (const [room, ids] of expected) {
      const { count, members } = await ask(`${app.http}/api/rooms/${room}/members`);
      expect([room, count]).toEqual([room, ids.length]);
      expect((members as { id: string }[]).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    }
    const { rooms } = await ask(`${app.http}/api/rooms?limit=1000`);
    const counts = (rooms as { name: string; count: number }[]).map(
      ({ name, count }) => [name, count] as const,
    );
    expect(new Map(counts)).toEqual(sizesOf(present));
  }
}

async function ask(url: string): Promise<Record<string, unknown>> {
  const response = await within(
    fetch(url, { headers: { authorization: `Bearer ${API_KEY}` } }),
    SETTLE_MS,
    `GET ${url}`,
  );
  return JSON.parse(await response.text()) as Record<string, unknown>;
}

/** How often some were said to have come or gone, against how often they should have been. */
interface Told {
  /** Tellings that were owed and never came. */
  readonly missing: number;
  /** Tellings beyond the one that was owed. */
  readonly again: number;
}

interface CrashReport {
  readonly ghostsGoneMs: number;
  readonly left: Told;
  /** Tellings that somebody left, or joined, who had been there all the time. */
  readonly false: number;
}

/** kill -9 of one of three instances; resolves when all members know how many are left. */
export async function kill9({ fleet, crowd }: Stage): Promise<CrashReport> {
  const [ghosts, alive] = [crowd.on(0), crowd.on(1, 2)];
  await fleet.members[0]!.app.kill('SIGKILL');
  const killedAt = performance.now();
  await crowd.eventuallyTold(alive);
  const ghostsGoneMs = Math.round(performance.now() - killedAt);
  await expectInStore(fleet.members.slice(1), alive);
  return { ghostsGoneMs, left: told('left', ghosts, alive), false: strayTellings(alive, alive) };
}

interface FreezeReport {
  /** From going on to all being told the right number, and the store having all. */
  readonly healedMs: number;
  readonly left: Told;
  readonly joined: Told;
  readonly false: number;
}

/** SIGSTOP for longer than the lease, and back. */
export async function freeze({ fleet, crowd }: Stage, frozenMs: number): Promise<FreezeReport> {
  const [frozen, others] = [crowd.on(0), crowd.on(1, 2)];
  const { app } = fleet.members[0]!;
  app.pause();
  await pause(frozenMs);
  await crowd.eventuallyTold(others);
  app.resume();
  const resumedAt = performance.now();
  await crowd.eventuallyTold(crowd.members);
  await expectInStore(fleet.members, crowd.members);
  const healedMs = Math.round(performance.now() - resumedAt);
  const [left, joined] = [told('left', frozen, others), told('joined', frozen, others)];
  return { healedMs, left, joined, false: strayTellings(others, others) };
}

interface QuietReport {
  /** Anything at all that was said about who is there. */
  readonly events: number;
}

/** SIGSTOP for less than the lease. */
export async function doze({ fleet, crowd }: Stage, frozenMs: number): Promise<QuietReport> {
  const { app } = fleet.members[0]!;
  app.pause();
  await pause(frozenMs);
  app.resume();
  await pause(frozenMs);
  await expectInStore(fleet.members, crowd.members);
  return { events: crowd.events };
}

/** Redis begins anew with nothing, and all is as it was: who then leaves is heard to. */
export async function amnesia({
  fleet,
  crowd,
}: Stage): Promise<QuietReport & { healedMs: number; left: Told }> {
  await fleet.redis.restart();
  const restartedAt = performance.now();
  await eventually(
    () => expectInStore(fleet.members, crowd.members),
    SETTLE_MS,
    'all are in the store again',
  );
  const healedMs = Math.round(performance.now() - restartedAt);
  await pause(RECOUNT_MS);
  const { events } = crowd;
  return { healedMs, events, left: await leaveAndBeHeard(crowd) };
}

/** Redis is away for longer than the lease, and comes back with its data. */
export async function outage({ fleet, crowd }: Stage, awayMs: number): Promise<QuietReport & { left: Told }> {
  await fleet.redis.kill();
  await pause(awayMs);
  await fleet.redis.restart();
  await pause(awayMs);
  await expectInStore(fleet.members, crowd.members);
  const { events } = crowd;
  return { events, left: await leaveAndBeHeard(crowd) };
}

/** Clients who disconnect while they join other rooms: none of them stays. */
export async function vanish({ fleet, crowd }: Stage): Promise<QuietReport> {
  await vanishWhileJoining(fleet, 1_000);
  await eventually(() => expectInStore(fleet.members, crowd.members), SETTLE_MS, 'only who stayed is there');
  return { events: crowd.events };
}

async function leaveAndBeHeard(crowd: Crowd): Promise<Told> {
  const [leaving, staying] = [crowd.members.slice(0, ROOMS), crowd.members.slice(ROOMS)];
  for (const member of leaving) member.leave();
  await crowd.eventuallyTold(staying);
  return told('left', leaving, staying);
}

function told(
  kind: 'joined' | 'left',
  about: readonly CrowdMember[],
  witnesses: readonly CrowdMember[],
): Told {
  const { never, again } = tellings(kind, about, witnesses);
  return { missing: never, again };
}

/** Tellings about those who neither came nor went. */
function strayTellings(about: readonly CrowdMember[], witnesses: readonly CrowdMember[]): number {
  const kinds = (['joined', 'left'] as const).map((kind) => tellings(kind, about, witnesses));
  return kinds.reduce((sum, { once, again }) => sum + once + again, 0);
}
