// A broker of which a test decides when each call is answered, and what the feed brings.
import {
  Broker,
  type BrokerLink,
  type BrokerSink,
  type Draft,
  type HistoryPage,
  type HistoryRange,
  type Receipt,
} from '../../src/core/broker.js';
import { ChatError } from '../../src/protocol/errors.js';
import type { Position, Publication } from '../../src/protocol/position.js';
import { draftOf } from './drafts.js';
import { RoomLogModel } from './room-log-model.js';

const MAX_READS = 10_000;
const CALLS = ['subscribe', 'unsubscribe', 'history', 'heads'] as const;
export type CallName = (typeof CALLS)[number];

/** `lost`: executed, but its answer never came. */
export type Answer = 'done' | 'refused' | 'lost';
export const ANSWERS: readonly Answer[] = ['done', 'refused', 'lost'];

export interface PendingCall {
  readonly name: CallName;
  readonly room: string;
  /** Executes the call now, and answers it. */
  answer(answer: Answer): void;
}

export class ScriptedBroker extends Broker {
  /** Calls held until the test answers them; others are answered at once. */
  readonly held = new Set<CallName>();
  readonly pending: PendingCall[] = [];
  readonly subscribed = new Set<string>();
  /** Every history read so far. */
  readonly reads: HistoryRange[] = [];
  /** The rooms of every heads call so far. */
  readonly headsAsked: (readonly string[])[] = [];
  readonly #logs = new Map<string, RoomLogModel>();
  #sink: BrokerSink | undefined;

  constructor(private readonly historySize = 1_000) {
    super();
  }

  holdAll(): this {
    for (const name of CALLS) this.held.add(name);
    return this;
  }

  /** Answers the oldest pending call of this name. */
  answer(name: CallName, answer: Answer = 'done'): void {
    const call = this.pending.find((each) => each.name === name);
    if (!call) throw new Error(`no ${name} is pending`);
    call.answer(answer);
  }

  answerAll(answer: Answer = 'done'): void {
    const calls = this.pending.slice();
    for (const call of calls) call.answer(answer);
  }

  /** What the broker has of a room; there is one from its first use on. */
  log(room: string): RoomLogModel {
    const known = this.#logs.get(room);
    if (known) return known;
    return this.replaceLog(room, 'first');
  }

  /** The room's data are lost: from now on its log is an empty one. */
  replaceLog(room: string, epoch: string): RoomLogModel {
    const log = new RoomLogModel(epoch, this.historySize);
    this.#logs.set(room, log);
    return log;
  }

  /** Stores messages of the given ids, and delivers nothing. */
  store(room: string, ...messageIds: readonly string[]): Publication[] {
    const log = this.log(room);
    return messageIds.map((messageId) => {
      log.publish(draftOf(`text of ${messageId}`, { messageId }));
      return log.published.at(-1)!;
    });
  }

  /** Brings publications to the instance, where it is subscribed; their bytes are used again as soon as it has them. */
  deliver(room: string, ...publications: readonly Publication[]): void {
    for (const publication of publications) {
      const body = Buffer.from(publication.body);
      if (this.subscribed.has(room)) this.#sink?.onPublication(room, { ...publication, body });
      body.fill(0);
    }
  }

  interrupt(): void {
    this.#sink?.onInterrupted();
  }

  start(sink: BrokerSink): void {
    this.#sink = sink;
  }

  subscribe(room: string): Promise<void> {
    return this.#call('subscribe', room, () => void this.subscribed.add(room));
  }

  unsubscribe(room: string): Promise<void> {
    return this.#call('unsubscribe', room, () => void this.subscribed.delete(room));
  }

  async publish(room: string, draft: Draft): Promise<Receipt> {
    const log = this.log(room);
    const receipt = log.publish(draft);
    if (!receipt.duplicate) this.deliver(room, log.published.at(-1)!);
    return receipt;
  }

  async signal(): Promise<void> {}

  async history(room: string, range: HistoryRange): Promise<HistoryPage> {
    this.reads.push(range);
    // An endless loop of reads would never let a test fail.
    if (this.reads.length > MAX_READS) throw new ChatError('UNAVAILABLE', 'There is no end of reading');
    return this.#call('history', room, () => this.log(room).history(range));
  }

  heads(rooms: readonly string[]): Promise<Position[]> {
    this.headsAsked.push(rooms);
    return this.#call('heads', rooms[0] ?? '', () => rooms.map((room) => this.log(room).head));
  }

  links(): readonly BrokerLink[] {
    return [];
  }

  async close(): Promise<void> {
    this.#sink = undefined;
    this.answerAll('refused');
  }

  async #call<T>(name: CallName, room: string, execute: () => T): Promise<T> {
    if (!this.held.has(name)) return execute();
    return new Promise<T>((resolve, reject) => {
      const answer = (given: Answer): void => {
        this.pending.splice(this.pending.indexOf(call), 1);
        const result = given === 'refused' ? undefined : execute();
        if (given === 'done') resolve(result as T);
        else reject(new ChatError('UNAVAILABLE', 'The scripted broker does not answer'));
      };
      const call: PendingCall = { name, room, answer };
      this.pending.push(call);
    });
  }
}
