// What the local members of one room are told of who comes and goes: each by itself, or merged where it is large.
import type { HeldState, MembersState } from '../core/presence-store.js';
import type { MembersSignal } from '../core/room-signal.js';
import type { Identity, MemberEvent } from '../protocol/events.js';
import type { PresenceOptions } from './presence-options.js';

/** How often a large room hears of its changes. */
const SUMMARY_MS = 2_000;
/** How long a number that nobody's coming or going explains has to last before it is told. */
const RECOUNT_MS = 5_000;
/** Names in one summary; of more changes only the number of members is told. */
const MAX_NAMES = 500;

/** Tells the members who keep up, but not the user with that id. */
export type Tell = (event: MemberEvent, exceptUserId?: string) => void;

/**
 * Counts come from signals and from the store's answers; the newest by version wins, so that an event never takes
 * a member back to a number before the one it was told. A signal which doesn't follow the last one shows that names
 * were lost: then the members are told the number alone, which means that their lists may be outdated.
 */
export class MemberEvents {
  #known: MembersState | undefined;
  /** The version of the last signal. */
  #seen: number | undefined;
  /** The number the members were told last. */
  #told: number | undefined;
  readonly #joined = new Map<string, Identity>();
  readonly #left = new Map<string, Identity>();
  #incomplete = false;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly room: string,
    private readonly options: Pick<PresenceOptions, 'summarySize' | 'countSize'>,
    private readonly tell: Tell,
  ) {}

  /** The newest known number of members; undefined where nothing was heard yet. */
  get members(): number | undefined {
    return this.#known?.members;
  }

  /** So large that who comes and goes is merged. */
  get large(): boolean {
    return (this.members ?? 0) > this.options.summarySize;
  }

  onSignal(signal: MembersSignal): void {
    const { joined, left, version, previous } = signal;
    if (this.#seen !== undefined && previous > this.#seen) this.#doubt();
    this.#seen = Math.max(this.#seen ?? 0, version);
    this.#learn(signal);
    if (joined.length + left.length === 0) return this.#recount();
    if (this.large || this.#merging) this.#merge(signal);
    else this.#tellEach(signal);
  }

  /** What the store answered to this instance; the signals after it follow from there. */
  onAnswer(state: MembersState): void {
    this.#learn(state);
    this.#seen ??= state.version;
    this.#told ??= state.members;
    if (state.members !== this.#told) this.#recount();
  }

  /** What the store has after a time in which signals may have been lost. */
  onRecheck(state: HeldState): void {
    if (this.#seen !== undefined && state.named > this.#seen) {
      this.#seen = state.named;
      this.#doubt();
    }
    this.onAnswer(state);
  }

  /** The store's data are new, and so are its versions; what the members were told still holds. */
  restart(): void {
    this.#known = this.#known && { ...this.#known, version: 0 };
    this.#seen = undefined;
  }

  /** Nobody listens any more. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#known = undefined;
    this.#seen = undefined;
    this.#told = undefined;
    this.#incomplete = false;
    this.#clearNames();
  }

  get #merging(): boolean {
    return this.#joined.size + this.#left.size > 0 || this.#incomplete;
  }

  #learn({ members, version }: MembersState): void {
    if (version >= (this.#known?.version ?? 0)) this.#known = { members, version };
  }

  /** Something went by unheard. */
  #doubt(): void {
    this.#incomplete = true;
    this.#schedule(SUMMARY_MS);
  }

  /** All with the number after all of them: nobody hears of itself, so whichever is its last has to be right. */
  #tellEach({ joined, left }: MembersSignal): void {
    const { room } = this;
    const members = this.members ?? 0;
    for (const member of joined) this.tell({ type: 'MEMBER_JOINED', room, member, members }, member.id);
    for (const member of left) this.tell({ type: 'MEMBER_LEFT', room, member, members }, member.id);
    this.#told = members;
  }

  /** Who comes and goes within one summary is not in it. */
  #merge({ joined, left }: MembersSignal): void {
    for (const member of joined) if (!this.#left.delete(member.id)) this.#joined.set(member.id, member);
    for (const member of left) if (!this.#joined.delete(member.id)) this.#left.set(member.id, member);
    if (this.#joined.size + this.#left.size > MAX_NAMES) this.#incomplete = true;
    if (this.#incomplete) this.#clearNames();
    this.#schedule(SUMMARY_MS);
  }

  /** Each change of the number begins its time anew, so that a fleet which heals slowly is not heard of either. */
  #recount(): void {
    if (this.#merging) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule(RECOUNT_MS);
  }

  #schedule(delayMs: number): void {
    const dueAt = performance.now() + delayMs;
    if (this.#timer && this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => this.#summarize(), delayMs).unref();
  }

  #summarize(): void {
    this.#timer = undefined;
    const { room } = this;
    const members = this.members ?? 0;
    const joined = [...this.#joined.values()];
    const left = [...this.#left.values()];
    const withNames = joined.length + left.length > 0 && members <= this.options.countSize;
    const news = this.#merging || members !== this.#told;
    this.#incomplete = false;
    this.#clearNames();
    this.#told = members;
    if (withNames) this.tell({ type: 'MEMBERS_CHANGED', room, joined, left, members });
    else if (news) this.tell({ type: 'MEMBERS_CHANGED', room, members });
  }

  #clearNames(): void {
    this.#joined.clear();
    this.#left.clear();
  }
}
