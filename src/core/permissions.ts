// Who may do what in which rooms.

const ACTIONS = ['read', 'write', 'moderate'] as const;
/** `read`: subscribe, history, members. `write`: send, type. `moderate`: kick. None implies another. */
export type Action = (typeof ACTIONS)[number];

const MAX_PATTERNS = 100;

interface Rule {
  /** The pattern's pieces between its asterisks. */
  readonly pieces: readonly string[];
  readonly actions: ReadonlySet<Action>;
}

export class Permissions {
  /** Everything but moderating, everywhere. */
  static readonly OPEN = new Permissions([{ pieces: ['', ''], actions: new Set(['read', 'write']) }]);
  static readonly NONE = new Permissions([]);

  private constructor(private readonly rules: readonly Rule[]) {}

  /**
   * Reads a token's claim, as `{"team-*": ["read", "write"], "lobby": ["read"]}`. An asterisk stands for any
   * characters, also none. What several patterns allow adds up.
   *
   * @throws TypeError when the claim has another shape, or more than 100 patterns
   */
  static fromClaim(claim: unknown): Permissions {
    if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) {
      throw new TypeError('rooms must be an object');
    }
    const entries = Object.entries(claim);
    if (entries.length > MAX_PATTERNS) throw new TypeError(`rooms may have ${MAX_PATTERNS} patterns`);
    return new Permissions(
      entries.map(([pattern, actions]) => ({ pieces: pattern.split('*'), actions: actionsOf(actions) })),
    );
  }

  allows(room: string, action: Action): boolean {
    return this.rules.some(({ pieces, actions }) => actions.has(action) && matches(pieces, room));
  }
}

function actionsOf(value: unknown): ReadonlySet<Action> {
  if (!Array.isArray(value)) throw new TypeError('the actions of a pattern must be a list');
  return new Set(ACTIONS.filter((action) => value.includes(action)));
}

/** Linear in the room's length for each piece, whatever the pattern: no backtracking. */
function matches(pieces: readonly string[], room: string): boolean {
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return room === first;
  const last = pieces[pieces.length - 1] ?? '';
  if (room.length < first.length + last.length || !room.startsWith(first) || !room.endsWith(last))
    return false;
  const end = room.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = room.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
