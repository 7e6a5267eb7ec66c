// Presence contract: who is a member, how many there are, and what is announced of it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Lease, Renewal } from '../../src/core/presence-store.js';
import { newRoom } from '../support/drafts.js';
import { brokenChain, CAME_AT, linesOf, user, users } from '../support/members.js';
import { type OpenPresence, PresenceStage } from '../support/presence-stage.js';

export function describePresenceMembers(open: OpenPresence): void {
  describe('members', () => {
    let stage: PresenceStage;
    let here: Lease & Renewal;
    let there: Lease;

    beforeAll(async () => {
      stage = await PresenceStage.open(open);
      here = await stage.take();
      there = await stage.take(stage.elsewhere);
    });

    afterAll(async () => {
      await stage.close();
    });

    it('are users: joined with the first registration over all instances, left with the last', async () => {
      const room = await stage.listen(newRoom());
      const counts = [
        await stage.store.register(here, room, users('ada')),
        await stage.store.register(here, room, users('ada')),
        await stage.elsewhere.register(there, room, users('ada', 'bob')),
        await stage.store.unregister(here, room, ['ada']),
        await stage.store.unregister(here, room, ['ada', 'bob', 'nobody']),
        await stage.elsewhere.unregister(there, room, ['ada']),
        await stage.elsewhere.unregister(there, room, ['bob']),
      ].map(({ members }) => members);
      expect(counts).toEqual([1, 1, 2, 2, 2, 1, 0]);
      const announced = await stage.announced(room, 4);
      expect(linesOf(announced)).toEqual(['+ada = 1', '+bob = 2', '-ada = 1', '-bob = 0']);
      expect(brokenChain(announced)).toEqual([]);
      expect(await stage.store.members(room, 10)).toEqual({ count: 0, members: [] });
    });

    it('are announced by name, whatever it contains', async () => {
      const room = await stage.listen(newRoom());
      const names = ['', '"quoted" \\', 'with\nline', '%s %d', 'ünïcödé 🎉', '</script>', 'a,b c'];
      const registrations = names.map((name, index) => user(`u ${index},{x}`, { name }));
      await stage.store.register(here, room, registrations);
      await stage.elsewhere.register(there, room, registrations);
      await stage.store.unregister(
        here,
        room,
        registrations.map((each) => each.user.id),
      );
      await stage.elsewhere.unregister(
        there,
        room,
        registrations.map((each) => each.user.id),
      );
      const [joined, left] = await stage.announced(room, 2);
      const expected = registrations.map((each) => each.user);
      expect(joined).toMatchObject({ joined: expected, left: [], members: names.length });
      expect(left).toMatchObject({ joined: [], left: expected, members: 0 });
    });

    it('are listed longest present first, up to a limit, with the name they have now', async () => {
      const room = newRoom();
      await stage.store.register(here, room, [
        user('third', { since: CAME_AT + 2 }),
        user('first', { since: CAME_AT }),
        user('second', { since: CAME_AT + 1 }),
      ]);
      await stage.elsewhere.register(there, room, [user('second', { since: CAME_AT + 9, name: 'renamed' })]);
      const third = { id: 'third', name: 'name of third', since: '2026-01-02T03:04:05.680Z' };
      const second = { id: 'second', name: 'renamed', since: '2026-01-02T03:04:05.679Z' };
      const first = { id: 'first', name: 'name of first', since: '2026-01-02T03:04:05.678Z' };
      expect(await stage.store.members(room, 10)).toEqual({ count: 3, members: [first, second, third] });
      expect(await stage.elsewhere.members(room, 2)).toEqual({ count: 3, members: [first, second] });
    });

    it('never came later than now, whatever an instance says', async () => {
      const room = newRoom();
      const { now } = await stage.renew(here);
      await stage.store.register(here, room, [user('hasty', { since: now + 86_400_000 })]);
      const [hasty] = (await stage.store.members(room, 1)).members;
      expect(Date.parse(hasty!.since) - now).toBeLessThan(60_000);
    });

    it('are not named who are not to be announced, but counted', async () => {
      const room = await stage.listen(newRoom());
      await stage.store.register(here, room, [user('quiet', { announce: false }), user('loud')]);
      await stage.store.register(here, room, [user('mute', { announce: false })]);
      await stage.store.register(here, room, users('last'));
      const announced = await stage.announced(room, 3);
      expect(linesOf(announced)).toEqual(['+loud = 2', ' = 3', '+last = 4']);
      // Whoever misses the one without names misses nothing that the next one doesn't say.
      expect(announced[2]!.previous).toBe(announced[0]!.version);
      expect(brokenChain(announced)).toEqual([]);
    });

    it('of a large batch are announced at once', async () => {
      const room = await stage.listen(newRoom());
      const ids = Array.from({ length: 200 }, (_, index) => `u-${index}`);
      expect(await stage.store.register(here, room, users(...ids))).toMatchObject({ members: 200 });
      expect(await stage.store.unregister(here, room, ids)).toMatchObject({ members: 0 });
      const announced = await stage.announced(room, 2);
      expect(announced.map(({ joined, left }) => [joined.length, left.length])).toEqual([
        [200, 0],
        [0, 200],
      ]);
    });

    it('are told apart by room', async () => {
      const [room, other] = [newRoom(), newRoom()];
      await stage.store.register(here, room, users('ada'));
      await stage.store.register(here, other, users('ada', 'bob'));
      await stage.store.unregister(here, other, ['ada']);
      expect((await stage.store.members(room, 9)).members.map(({ id }) => id)).toEqual(['ada']);
      expect((await stage.store.members(other, 9)).members.map(({ id }) => id)).toEqual(['bob']);
    });

    it('of concurrent changes by two instances are those that the announcements lead to, in their order', async () => {
      const ids = fc.constantFrom('a', 'b', 'c', 'd');
      const change = fc.tuple(fc.boolean(), fc.boolean(), fc.uniqueArray(ids, { minLength: 1 }));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 25 }), async (changes) => {
          const room = await stage.listen(newRoom());
          await Promise.all(
            changes.map(([elsewhere, joins, who]) => {
              const [store, lease] = elsewhere ? [stage.elsewhere, there] : [stage.store, here];
              return joins ? store.register(lease, room, users(...who)) : store.unregister(lease, room, who);
            }),
          );
          const { count, members } = await stage.store.members(room, 10);
          const present = new Set<string>();
          const announced = await stage.announced(room, 0);
          for (const { joined, left, members: told } of announced) {
            for (const { id } of joined) expect(present.has(id)).toBe(false);
            for (const { id } of left) expect(present.has(id)).toBe(true);
            for (const { id } of joined) present.add(id);
            for (const { id } of left) present.delete(id);
            expect(told).toBe(present.size);
          }
          expect(brokenChain(announced)).toEqual([]);
          expect(count).toBe(members.length);
          expect(members.map(({ id }) => id).toSorted()).toEqual([...present].toSorted());
        }),
        { numRuns: 40 },
      );
    });

    it('make a room be listed, by name and page by page, for as long as it has any', async () => {
      await stage.wipe();
      [here, there] = [await stage.take(), await stage.take(stage.elsewhere)];
      const before = here.now;
      const names = ['B', 'a', 'a.1', 'a:2', 'b', 'c', 'd'];
      for (const [index, name] of names.entries()) {
        await stage.store.register(here, name, users('ada'));
        if (index % 2 === 0) await stage.elsewhere.register(there, name, users('ada', 'bob'));
      }
      await stage.store.unregister(here, 'a.1', ['ada']);
      await stage.elsewhere.unregister(there, 'a.1', ['ada', 'bob']);
      const first = await stage.store.rooms(4);
      expect(first.rooms).toMatchObject([
        { name: 'B', count: 2 },
        { name: 'a', count: 1 },
        { name: 'a:2', count: 1 },
        { name: 'b', count: 2 },
      ]);
      for (const { createdAt } of first.rooms) {
        expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(before);
        expect(new Date(createdAt).toISOString()).toBe(createdAt);
      }
      const second = await stage.elsewhere.rooms(4, first.next);
      expect(second).toMatchObject({
        rooms: [
          { name: 'c', count: 1 },
          { name: 'd', count: 2 },
        ],
      });
      expect(second.next).toBeUndefined();
      expect((await stage.store.rooms(6)).next).toBeUndefined();
    });
  });
}
