// A reliable log, a feed that isn't, and members who come, go and stall: for property tests of the delivery.
import { jest } from '@jest/globals';
import { Meter } from '../../src/core/meter.js';
import type { Publication } from '../../src/protocol/position.js';
import type { JoinRequest } from '../../src/subscription/join.js';
import type { SubscriptionOptions } from '../../src/subscription/subscription-options.js';
import { SubscriptionService } from '../../src/subscription/subscription.service.js';
import { FakeConnection, type NativeFrame } from './fake-connection.js';
import { settle } from './quiescence.js';
import { type Answer, ScriptedBroker } from './scripted-broker.js';

export const ROOM = 'room';
export const SEATS = 3;

/** What a client asks for; positions are told as a share of the log, since nobody knows its length beforehand. */
export type Past =
  | { readonly kind: 'none' }
  | { readonly kind: 'newest'; readonly count: number }
  | { readonly kind: 'since'; readonly share: number; readonly id: 'right' | 'wrong' | 'none' };

export type Step =
  | { readonly kind: 'say'; readonly count: number }
  | {
      readonly kind: 'wire';
      readonly does: 'deliver' | 'lose' | 'repeat' | 'overtake' | 'stale';
      readonly count: number;
    }
  | { readonly kind: 'join'; readonly seat: number; readonly past: Past }
  | { readonly kind: 'leave'; readonly seat: number }
  | { readonly kind: 'take'; readonly seat: number; readonly frames: number }
  | { readonly kind: 'answer'; readonly which: number; readonly answer: Answer }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'lose data'; readonly share: number | undefined };

/** What one client was promised at a join, and the frames it then got, until it joined again or left. */
export interface Session {
  readonly request: JoinRequest;
  readonly position: { readonly epoch: string; readonly offset: number };
  readonly replayed: number;
  readonly recovered: boolean | undefined;
  readonly connection: FakeConnection;
  readonly from: number;
  /** An offset which the instance had certainly reached when it was asked. */
  readonly reached: number;
  /** Index behind its last frame; undefined while it lasts. */
  to: number | undefined;
}

export class DeliveryWorld {
  readonly broker: ScriptedBroker;
  readonly sessions: Session[] = [];
  readonly #service: SubscriptionService;
  readonly #seats = Array.from({ length: SEATS }, () => new FakeConnection());
  readonly #current = new Map<FakeConnection, Session>();
  readonly #commands = new Map<FakeConnection, Promise<void>>();
  #wire: Publication[] = [];
  #old: Publication[] = [];
  #said = 0;
  #epochs = 0;
  #busy = 0;

  constructor(historySize: number, options: Partial<SubscriptionOptions>) {
    this.broker = new ScriptedBroker(historySize);
    this.broker.held.add('history').add('heads');
    const defaults = {
      tailSize: 2,
      maxTailSize: 8,
      tailBudgetBytes: 1_000_000,
      lingerMs: 1,
      headCheckIntervalMs: 1e9,
    };
    this.#service = new SubscriptionService(this.broker, Object.assign(defaults, options), new Meter());
  }

  begin(): void {
    this.#service.onApplicationBootstrap();
  }

  do(step: Step): void {
    switch (step.kind) {
      case 'say':
        return this.#say(step.count);
      case 'wire':
        return this.#transmit(step.does, step.count);
      case 'join':
        return this.#enqueue(step.seat, (connection) => this.#join(connection, step.past));
      case 'leave':
        return this.#enqueue(step.seat, async (connection) => this.#leave(connection));
      case 'take':
        return this.#seats[step.seat]!.take(step.frames);
      case 'answer':
        return this.broker.pending[step.which % Math.max(1, this.broker.pending.length)]?.answer(step.answer);
      case 'pass':
        return jest.advanceTimersByTime(step.ms);
      case 'interrupt':
        return this.broker.interrupt();
      case 'lose data':
        return this.#loseData(step.share);
    }
  }

  /**
   * A last message is said, since a log that lost its end shows it by the next one. The feed is restored, without
   * what it lost; everybody takes all; nothing waits for anything.
   */
  async settle(): Promise<void> {
    this.#say(1);
    this.broker.interrupt();
    await settle(this.broker, () => this.#busy === 0, 1);
    for (const connection of this.#seats) connection.take(Infinity);
    await settle(this.broker, () => this.#busy === 0, 1);
  }

  async end(): Promise<void> {
    await this.#service.onApplicationShutdown();
  }

  framesOf({ connection, from, to }: Session): NativeFrame[] {
    return connection.frames.slice(from, to);
  }

  get #reached(): number {
    const sent = this.#seats.flatMap(({ frames }) => frames.map(({ offset }) => Number(offset)));
    return Math.max(0, ...sent, ...this.sessions.map(({ position }) => position.offset));
  }

  #say(count: number): void {
    const ids = Array.from({ length: count }, () => `m${++this.#said}`);
    this.#wire.push(...this.broker.store(ROOM, ...ids));
  }

  #transmit(does: (Step & { kind: 'wire' })['does'], count: number): void {
    const first = this.#wire.slice(0, count);
    const later = this.#wire.slice(count, count + 1);
    if (does === 'deliver' || does === 'repeat') this.broker.deliver(ROOM, ...first);
    if (does === 'overtake') this.broker.deliver(ROOM, ...later, ...first);
    if (does === 'stale') this.broker.deliver(ROOM, ...this.#old.slice(-count));
    if (does === 'deliver' || does === 'lose' || does === 'overtake')
      this.#old.push(...this.#wire.splice(0, count));
  }

  /** To a share of the log under the same epoch, as a failover does; undefined: to an empty log under another. */
  #loseData(share: number | undefined): void {
    const { published } = this.broker.log(ROOM);
    if (share === undefined) this.broker.replaceLog(ROOM, `epoch ${++this.#epochs}`);
    else published.length = Math.floor(published.length * share);
  }

  /** The gateway runs a client's commands one by one. */
  #enqueue(seat: number, command: (connection: FakeConnection) => Promise<void>): void {
    const connection = this.#seats[seat]!;
    this.#busy++;
    const before = this.#commands.get(connection) ?? Promise.resolve();
    const after = before.then(() => command(connection)).finally(() => this.#busy--);
    this.#commands.set(connection, after);
  }

  async #join(connection: FakeConnection, past: Past): Promise<void> {
    const request = this.#requestOf(past);
    const reached = this.#reached;
    const joined = await this.#service.join(connection, ROOM, request).catch(() => undefined);
    if (!joined) return;
    const asksNothing = !request.since && !request.history;
    if (!asksNothing || !this.#current.has(connection)) {
      this.#endSession(connection);
      const { position, replayed, recovered } = joined;
      const from = connection.frames.length;
      const session = { request, position, replayed, recovered, connection, from, reached, to: undefined };
      this.#current.set(connection, session);
      this.sessions.push(session);
    }
    joined.start();
  }

  #leave(connection: FakeConnection): void {
    this.#service.leave(connection, ROOM);
    this.#endSession(connection);
  }

  #endSession(connection: FakeConnection): void {
    const session = this.#current.get(connection);
    if (session) session.to = connection.frames.length;
    this.#current.delete(connection);
  }

  #requestOf(past: Past): JoinRequest {
    if (past.kind === 'none') return {};
    if (past.kind === 'newest') return { history: past.count };
    const { head, published } = this.broker.log(ROOM);
    const offset = Math.round(past.share * (head.offset + 1));
    const right = offset === 0 ? '' : (published[offset - 1]?.messageId ?? 'nobody knows');
    const messageId = past.id === 'right' ? right : 'another message';
    return { since: { epoch: head.epoch, offset, ...(past.id !== 'none' && { messageId }) } };
  }
}
