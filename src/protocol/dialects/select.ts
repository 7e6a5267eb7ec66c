// Which dialect a connection speaks: by its subprotocol, otherwise by its first frame.
import type { Dialect } from './dialect.js';
import { native } from './native.js';

const BY_SUBPROTOCOL: ReadonlyMap<string, Dialect> = new Map([['roomcast.v1', native]]);

/** Answers a client whose dialect is not known yet. */
export const defaultDialect = native;

/** The first offered subprotocol that is ours; undefined leaves the choice to the first frame. */
export function selectSubprotocol(offered: Iterable<string>): string | undefined {
  for (const name of offered) if (BY_SUBPROTOCOL.has(name)) return name;
  return undefined;
}

export function dialectOfSubprotocol(name: string): Dialect | undefined {
  return BY_SUBPROTOCOL.get(name);
}
