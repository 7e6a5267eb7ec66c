// Members for presence stores, and what their announcements say in short.
import type { Registration } from '../../src/core/presence-store.js';
import type { MembersSignal } from '../../src/core/room-signal.js';

/** When members came, unless a test says otherwise: long ago, by every clock. */
export const CAME_AT = Date.parse('2026-01-02T03:04:05.678Z');

export function user(id: string, more: Partial<Registration> & { name?: string } = {}): Registration {
  const { name = `name of ${id}`, since = CAME_AT, announce = true } = more;
  return { user: { id, name }, since, announce };
}

export function users(...ids: string[]): Registration[] {
  return ids.map((id) => user(id));
}

/** Who came and went by each announcement, and how many there are after it: `+ada +bob = 2`, `-ada = 1`. */
export function linesOf(signals: readonly MembersSignal[]): string[] {
  return signals.map(({ joined, left, members }) => {
    const names = [...joined.map(({ id }) => `+${id}`), ...left.map(({ id }) => `-${id}`)];
    return `${names.toSorted().join(' ')} = ${members}`;
  });
}

/** Those which don't name the last one with names as their predecessor; after an empty room, there is none. */
export function brokenChain(signals: readonly MembersSignal[]): MembersSignal[] {
  let named = 0;
  return signals.filter(({ joined, left, members, version, previous }) => {
    const broken = previous !== named;
    if (joined.length + left.length > 0) named = version;
    if (members === 0) named = 0;
    return broken;
  });
}
