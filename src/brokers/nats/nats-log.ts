// Records on the subjects of one stream: appended after a known one or not at all, read one by one or many at once.
import { createInbox, headers, type Msg } from '@nats-io/transport-node';
import { CALL_DEADLINE_MS } from '../link-timing.js';
import type { NatsManager } from './nats-manager.js';

/** What JetStream answers when another record was appended meanwhile. */
const WRONG_LAST_SEQUENCE = 10_071;
const MESSAGE_NOT_FOUND = 10_037;
const EXPECTED_LAST = 'Nats-Expected-Last-Subject-Sequence';
/** By then a consumer that nobody ended goes by itself. */
const CONSUMER_LIFE_NS = 10_000_000_000;
const MAX_RECORDS_PER_PULL = 256;

export interface StoredRecord {
  /** In the stream: rises along each subject, with holes. */
  readonly seq: number;
  /** When it was stored, broker's time, ms since 1970. */
  readonly storedAt: number;
  readonly payload: Buffer;
}

interface ApiReply {
  readonly seq?: number;
  readonly name?: string;
  readonly total?: number;
  readonly state?: { readonly subjects?: Readonly<Record<string, number>> };
  readonly error?: { readonly err_code?: number; readonly description?: string };
  readonly message?: { readonly seq: number; readonly time: string; readonly data?: string };
}

type Query = { last_by_subj: string } | { next_by_subj: string; seq: number };

/** No method has a deadline of its own; all reject when the link ends. */
export class NatsLog {
  constructor(
    private readonly manager: NatsManager,
    private readonly stream: string,
  ) {}

  /**
   * Appends a record if the last one of its subject has the sequence `after`; 0: if there is none.
   *
   * @returns its sequence; undefined when another one is the last
   */
  async append(subject: string, payload: Uint8Array, after: number): Promise<number | undefined> {
    const expected = headers();
    expected.set(EXPECTED_LAST, `${after}`);
    const reply = this.#json(await this.manager.link.request(subject, payload, expected));
    if (reply.error?.err_code === WRONG_LAST_SEQUENCE) return undefined;
    return sequenceOf(reply);
  }

  /** Appends a record whatever is there. */
  async put(subject: string, payload: Uint8Array): Promise<number> {
    return sequenceOf(this.#json(await this.manager.link.request(subject, payload)));
  }

  last(subject: string): Promise<StoredRecord | undefined> {
    return this.#get({ last_by_subj: subject });
  }

  /** The first of a subject from a sequence on. */
  next(subject: string, seq: number): Promise<StoredRecord | undefined> {
    return this.#get({ next_by_subj: subject, seq });
  }

  /** Up to `count` records of a subject from a sequence on, in order; fewer only where there are no more. */
  async read(subject: string, from: number, count: number): Promise<StoredRecord[]> {
    const { link } = this.manager;
    const config = {
      filter_subject: subject,
      deliver_policy: 'by_start_sequence',
      opt_start_seq: Math.max(1, from),
      ack_policy: 'none',
      replay_policy: 'instant',
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: CONSUMER_LIFE_NS,
    };
    const create = JSON.stringify({ stream_name: this.stream, config });
    const { name } = this.#json(await link.request(`$JS.API.CONSUMER.CREATE.${this.stream}`, create));
    try {
      const records: StoredRecord[] = [];
      while (records.length < count) {
        const wanted = Math.min(count - records.length, MAX_RECORDS_PER_PULL);
        const pulled = await this.#pull(`$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${name}`, wanted);
        records.push(...pulled);
        if (pulled.length < wanted) break;
      }
      return records;
    } finally {
      // Otherwise it goes when it has been unused for a while.
      link.request(`$JS.API.CONSUMER.DELETE.${this.stream}.${name}`).catch(() => undefined);
    }
  }

  /** Deletes a subject's records below a sequence. */
  async purge(subject: string, below: number): Promise<void> {
    const request = JSON.stringify({ filter: subject, seq: below });
    this.#json(await this.manager.link.request(`$JS.API.STREAM.PURGE.${this.stream}`, request));
  }

  /** The subjects that match a pattern and have records, in no order. */
  async subjects(pattern: string): Promise<string[]> {
    const found: string[] = [];
    for (let total = 1; found.length < total;) {
      const request = JSON.stringify({ subjects_filter: pattern, offset: found.length });
      const reply = this.#json(
        await this.manager.link.request(`$JS.API.STREAM.INFO.${this.stream}`, request),
      );
      const some = Object.keys(reply.state?.subjects ?? {});
      if (some.length === 0) break;
      found.push(...some);
      total = reply.total ?? 0;
    }
    return found;
  }

  /** One replica has all that is stored; of several, only the leader is sure to. */
  async #get(query: Query): Promise<StoredRecord | undefined> {
    const { link, replicas } = this.manager;
    if (replicas === 1) {
      const api = `$JS.API.DIRECT.GET.${this.stream}`;
      const reply = await ('last_by_subj' in query
        ? link.request(`${api}.${query.last_by_subj}`)
        : link.request(api, JSON.stringify(query)));
      return this.#direct(reply);
    }
    const request = link.request(`$JS.API.STREAM.MSG.GET.${this.stream}`, JSON.stringify(query));
    const { message, error } = this.#json(await request);
    if (error?.err_code === MESSAGE_NOT_FOUND) return undefined;
    if (!message) throw new Error(error?.description ?? 'no message in the reply');
    const { seq, time, data = '' } = message;
    return { seq, storedAt: Date.parse(time), payload: Buffer.from(data, 'base64') };
  }

  #direct(reply: Msg): StoredRecord | undefined {
    const { headers: fields } = reply;
    if (fields?.code === 404) return undefined;
    const seq = Number(fields?.get('Nats-Sequence'));
    if (!fields || !(seq > 0)) throw this.#refusal(reply);
    return { seq, storedAt: Date.parse(fields.get('Nats-Time-Stamp')), payload: Buffer.from(reply.data) };
  }

  /** Resolves when `count` have come, or the server says that there are no more. */
  #pull(subject: string, count: number): Promise<StoredRecord[]> {
    const { connection } = this.manager.link;
    return new Promise((resolve, reject) => {
      const records: StoredRecord[] = [];
      const subscription = connection.subscribe(createInbox(), {
        callback: (_error, message) => {
          const record = pulledRecord(message);
          if (record) records.push(record);
          if (record && records.length < count) return;
          resolve(records);
          subscription.unsubscribe();
        },
      });
      const timer = setTimeout(() => subscription.unsubscribe(), 2 * CALL_DEADLINE_MS);
      void subscription.closed.then(() => {
        clearTimeout(timer);
        reject(new Error('the records did not come'));
      });
      const request = JSON.stringify({ batch: count, no_wait: true });
      connection.publish(subject, request, { reply: subscription.getSubject() });
    });
  }

  #json(reply: Msg): ApiReply {
    if (reply.data.length === 0) throw this.#refusal(reply);
    return JSON.parse(reply.string()) as ApiReply;
  }

  /** Nobody serves the subject where the stream is gone: on a new link it is made anew. */
  #refusal({ headers: fields }: Msg): Error {
    if (fields?.code === 503) this.manager.renewLink();
    return new Error(`JetStream answers ${fields?.code ?? 'nothing'} ${fields?.description ?? ''}`);
  }
}

function sequenceOf({ seq, error }: ApiReply): number {
  if (seq === undefined) throw new Error(error?.description ?? 'no sequence in the reply');
  return seq;
}

/**
 * Undefined for a status, which says that there are no more. The reply's subject has the sequence:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer's sequence>.<time, ns>.<pending>`; where it names
 * domain and account, they stand before the stream.
 */
function pulledRecord(message: Msg): StoredRecord | undefined {
  const tokens = message.reply?.split('.') ?? [];
  if (tokens[1] !== 'ACK') return undefined;
  const at = tokens.length > 9 ? 7 : 5;
  const [seq, storedAt] = [Number(tokens[at]), Number(tokens[at + 2]) / 1e6];
  return { seq, storedAt, payload: Buffer.from(message.data) };
}
