// Presence contract: leases, their end, and who takes over.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Lease } from '../../src/core/presence-store.js';
import { newRoom } from '../support/drafts.js';
import { brokenChain, CAME_AT, linesOf, user, users } from '../support/members.js';
import { type OpenPresence, PresenceStage } from '../support/presence-stage.js';

export function describePresenceLeases(open: OpenPresence): void {
  describe('leases', () => {
    let stage: PresenceStage;
    let crashed: Lease;
    let survivor: Lease;
    let room: string;

    beforeEach(async () => {
      stage = await PresenceStage.open(open);
      await stage.wipe();
      crashed = await stage.take(stage.elsewhere);
      survivor = await stage.take();
      room = await stage.listen(newRoom());
    });

    afterEach(async () => {
      await stage.close();
    });

    async function idsIn(name = room): Promise<string[]> {
      return (await stage.store.members(name, 1_000)).members.map(({ id }) => id).toSorted();
    }

    it('are held while they are renewed, and tell when the next one can run out', async () => {
      const first = await stage.renew(crashed);
      const second = await stage.renew(survivor);
      expect([first.held, second.held]).toEqual([true, true]);
      expect(second.epoch).toBe(first.epoch);
      expect(second.claimed).toEqual([]);
      expect(second.nextMs).toBeGreaterThan(0);
      expect(second.nextMs).toBeLessThanOrEqual(first.until - first.now);
    });

    it('that were never taken are not held', async () => {
      expect(await stage.renew({ id: 'i-unheard-of', until: 0 })).toMatchObject({ held: false, claimed: [] });
    });

    it('that run out are claimed by one survivor, who reaps: each member leaves once, all others stay', async () => {
      const third = await stage.take();
      const other = await stage.listen(newRoom());
      await stage.elsewhere.register(crashed, room, users('ghost', 'double tab', 'moved'));
      await stage.store.register(survivor, room, users('double tab', 'alive'));
      await stage.elsewhere.register(crashed, other, users('ghost', 'second ghost'));
      await stage.lapse(crashed);
      expect((await stage.renew(survivor)).claimed).toEqual([crashed.id]);
      expect((await stage.renew(third)).claimed).toEqual([]);
      await stage.store.register(third, room, users('moved'));
      await stage.store.reap(crashed.id);
      expect(await idsIn()).toEqual(['alive', 'double tab', 'moved']);
      expect(await idsIn(other)).toEqual([]);
      const announced = await stage.announced(room, 3);
      expect(linesOf(announced)).toEqual(['+double tab +ghost +moved = 3', '+alive = 4', '-ghost = 3']);
      expect(brokenChain(announced)).toEqual([]);
      expect(linesOf(await stage.announced(other, 2)).at(-1)).toBe('-ghost -second ghost = 0');
      expect((await stage.renew(survivor)).claimed).toEqual([]);
      expect((await stage.store.rooms(10)).rooms).toMatchObject([{ name: room, count: 3 }]);
    });

    it('that a reaper left half done are claimed by another one in the end', async () => {
      await stage.elsewhere.register(crashed, room, users('ghost'));
      await stage.lapse(crashed);
      expect((await stage.renew(survivor, { claimMs: 0 })).claimed).toEqual([crashed.id]);
      const third = await stage.take();
      expect((await stage.renew(third, { claimMs: 0 })).claimed).toEqual([crashed.id]);
      await stage.store.reap(crashed.id);
      expect((await stage.renew(third)).claimed).toEqual([]);
      expect(linesOf(await stage.announced(room, 2))).toEqual(['+ghost = 1', '-ghost = 0']);
    });

    it('with more members than one step takes are reaped whole', async () => {
      const ids = Array.from({ length: 450 }, (_, index) => `u-${index}`);
      for (let at = 0; at < ids.length; at += 150) {
        await stage.elsewhere.register(crashed, room, users(...ids.slice(at, at + 150)));
      }
      await stage.lapse(crashed);
      expect(await stage.reapAs(survivor)).toEqual([crashed.id]);
      expect(await idsIn()).toEqual([]);
    });

    it('reaped by several at once: each leaving is announced once', async () => {
      const ids = Array.from({ length: 450 }, (_, index) => `u-${index}`);
      for (let at = 0; at < ids.length; at += 150) {
        await stage.elsewhere.register(crashed, room, users(...ids.slice(at, at + 150)));
      }
      await stage.lapse(crashed);
      await stage.renew(survivor);
      await Promise.all([
        stage.store.reap(crashed.id),
        stage.elsewhere.reap(crashed.id),
        stage.store.reap(crashed.id),
      ]);
      expect(await idsIn()).toEqual([]);
      const left = (await stage.announced(room, 4)).flatMap((signal) => signal.left.map(({ id }) => id));
      expect(left.toSorted()).toEqual(ids.toSorted());
    });

    it('that ran out but nobody claimed are held again by renewing, and nothing is said', async () => {
      await stage.elsewhere.register(crashed, room, users('paused'));
      await stage.lapse(crashed);
      expect((await stage.renew(crashed)).held).toBe(true);
      expect((await stage.renew(survivor)).claimed).toEqual([]);
      expect(linesOf(await stage.announced(room, 1))).toEqual(['+paused = 1']);
    });

    it('that were claimed are over for ever; what is registered under another one in time has not left', async () => {
      await stage.elsewhere.register(crashed, room, users('paused'));
      await stage.lapse(crashed);
      const { epoch } = await stage.renew(survivor);
      expect(await stage.renew(crashed)).toMatchObject({ held: false, epoch, claimed: [] });
      const next = await stage.take(stage.elsewhere);
      await stage.elsewhere.register(next, room, users('paused'));
      await stage.store.reap(crashed.id);
      expect(await idsIn()).toEqual(['paused']);
      expect(linesOf(await stage.announced(room, 1))).toEqual(['+paused = 1']);
      expect(await stage.renew(crashed)).toMatchObject({ held: false });
    });

    it('that have run out by the broker’s clock register nobody', async () => {
      const { now } = await stage.renew(crashed);
      const late = stage.elsewhere.register({ id: crashed.id, until: now - 1 }, room, users('too late'));
      await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await idsIn()).toEqual([]);
      expect(await stage.announced(room, 0)).toEqual([]);
    });

    it('that are released are claimed when their time is over, and can’t be renewed', async () => {
      await stage.elsewhere.register(crashed, room, users('leaving', 'moving'));
      await stage.elsewhere.release(crashed.id, 500_000);
      const { claimed, nextMs } = await stage.renew(survivor);
      expect(claimed).toEqual([]);
      expect(nextMs).toBeGreaterThan(400_000);
      expect(nextMs).toBeLessThanOrEqual(500_000);
      expect((await stage.renew(crashed)).held).toBe(false);
      expect(await idsIn()).toEqual(['leaving', 'moving']);
      await stage.store.register(survivor, room, users('moving'));
      await stage.elsewhere.release(crashed.id, 0);
      expect(await stage.reapAs(survivor)).toEqual([crashed.id]);
      expect(linesOf(await stage.announced(room, 2))).toEqual(['+leaving +moving = 2', '-leaving = 1']);
    });

    it('all run out while nobody reached the store: nobody is reaped, all have a whole lease again', async () => {
      await stage.elsewhere.register(crashed, room, users('ada'));
      await stage.silence();
      const { held, claimed, nextMs } = await stage.renew(survivor);
      expect({ held, claimed }).toEqual({ held: true, claimed: [] });
      expect(nextMs).toBeGreaterThan(500_000);
      expect((await stage.renew(crashed)).held).toBe(true);
      expect(linesOf(await stage.announced(room, 1))).toEqual(['+ada = 1']);
    });

    it('are gone with the data, under another epoch; all can be registered again quietly', async () => {
      await stage.store.register(survivor, room, users('ada', 'bob'));
      const { epoch } = await stage.renew(survivor);
      await stage.wipe();
      const renewal = await stage.renew(survivor);
      expect(renewal.held).toBe(false);
      expect(renewal.epoch).not.toBe(epoch);
      expect(await stage.store.members(room, 10)).toEqual({ count: 0, members: [] });
      const next = await stage.take();
      expect(next.epoch).toBe(renewal.epoch);
      await stage.store.register(next, room, [user('ada', { announce: false })]);
      expect(await stage.store.members(room, 10)).toEqual({
        count: 1,
        members: [{ id: 'ada', name: 'name of ada', since: new Date(CAME_AT).toISOString() }],
      });
      expect(linesOf(await stage.announced(room, 2))).toEqual(['+ada +bob = 2', ' = 1']);
    });

    it('tell on request what is registered under them, to compare', async () => {
      const other = newRoom();
      await stage.store.register(survivor, room, users('ada', 'bob'));
      const { version } = await stage.elsewhere.register(crashed, room, users('bob', 'eve'));
      expect(await stage.store.check(survivor, [other, room])).toEqual([
        { members: 0, version: 0, held: 0, named: 0 },
        { members: 3, version, held: 2, named: version },
      ]);
      await stage.lapse(crashed);
      await stage.reapAs(survivor);
      const [after] = await stage.store.check(survivor, [room]);
      expect(after).toMatchObject({ members: 2, held: 2 });
      expect(after!.version).toBeGreaterThan(version);
      expect(after!.named).toBe(after!.version);
      await stage.store.register(survivor, room, [user('kim', { announce: false })]);
      const [quiet] = await stage.store.check(survivor, [room]);
      expect(quiet).toMatchObject({ members: 3, held: 3, named: after!.named });
    });
  });
}
