// One connection to NATS, from its making to its end: requests by the thousand, and a probe that finds it dead.
import { connect, createInbox, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { watchEvery } from '../../core/watch.js';
import { CALL_DEADLINE_MS, LINK_DOUBT_MS } from '../link-timing.js';

const PROBE_INTERVAL_MS = 1_000;
/**
 * A link which is silent for so many probes is closed, so that another one is made. Not a time: while the process was
 * held up, nothing was probed.
 */
const SILENCE_LIMIT = 4;
/** By then whoever asked has long given up. */
const REQUEST_LIFE_MS = 2 * CALL_DEADLINE_MS;

type ConnectionOptions = NonNullable<Parameters<typeof connect>[0]>;

interface Request {
  readonly askedAt: number;
  readonly resolve: (reply?: Msg) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * nats.js would make the connection anew by itself, and meanwhile keep what is published in a buffer. A link here
 * ends with its connection: all that is under way is rejected at once, and whoever needs it asks again on the next one.
 *
 * Its own requests cost a quarter of those of nats.js, which give each a timer and several promises.
 */
export class NatsLink {
  /** Resolves with the reason when the link has ended; never rejects. */
  readonly ended: Promise<string>;
  readonly #inbox = createInbox();
  /** The oldest first. */
  readonly #requests = new Map<string, Request>();
  #lastRequest = 0;
  #confirming: Promise<void> | undefined;
  #heardAt = performance.now();
  /** Probes since then. */
  #unheard = 0;

  private constructor(
    readonly connection: NatsConnection,
    private readonly onAnswer: () => void,
  ) {
    const end = this.#inbox.length + 1;
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (_error, reply) => this.#answer(reply.subject.slice(end), reply),
    });
    const endProbe = watchEvery(PROBE_INTERVAL_MS, () => this.#tick());
    this.ended = connection.closed().then((error) => {
      endProbe();
      const lost = new Error('the link to NATS has ended');
      for (const { reject } of this.#requests.values()) reject(lost);
      this.#requests.clear();
      return error instanceof Error ? error.message : 'connection closed';
    });
  }

  /** `onAnswer` is called at each sign of life. Rejects when no connection can be made. */
  static async open(options: ConnectionOptions, onAnswer: () => void): Promise<NatsLink> {
    const connection = await connect({ ...options, reconnect: false, noAsyncTraces: true });
    return new NatsLink(connection, onAnswer);
  }

  /** Whether it gave a sign of life lately. */
  get alive(): boolean {
    return !this.connection.isClosed() && performance.now() - this.#heardAt < LINK_DOUBT_MS;
  }

  get maxPayload(): number {
    return this.connection.info?.max_payload ?? 0;
  }

  /** Rejects when the link ends first, or after long; the deadline is the caller's. */
  request(subject: string, payload?: Uint8Array | string, headers?: MsgHdrs): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const token = this.#register(resolve as (reply?: Msg) => void, reject);
      const reply = `${this.#inbox}.${token}`;
      try {
        this.connection.publish(subject, payload, headers ? { reply, headers } : { reply });
      } catch (error) {
        this.#requests.delete(token);
        reject(error);
      }
    });
  }

  /** Resolves when the server has taken all that was sent so far; the calls of one tick share a round trip. */
  confirm(): Promise<void> {
    this.#confirming ??= new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        this.#confirming = undefined;
        const token = this.#register(() => resolve(), reject);
        this.connection.flush().then(
          () => this.#answer(token),
          () => reject(new Error('the link to NATS has ended')),
        );
      });
    });
    return this.#confirming;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  #register(resolve: Request['resolve'], reject: Request['reject']): string {
    const token = (++this.#lastRequest).toString(36);
    this.#requests.set(token, { askedAt: performance.now(), resolve, reject });
    return token;
  }

  #answer(token: string, reply?: Msg): void {
    const request = this.#requests.get(token);
    if (!request) return;
    this.#requests.delete(token);
    this.#heard();
    request.resolve(reply);
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#unheard = 0;
    this.onAnswer();
  }

  /** A half-open connection stays "connected" for minutes by TCP's own means. */
  #tick(): void {
    const now = performance.now();
    if (++this.#unheard > SILENCE_LIMIT) return void this.close();
    // Rejected when the connection closes.
    this.connection.flush().then(
      () => this.#heard(),
      () => undefined,
    );
    for (const [token, { askedAt, reject }] of this.#requests) {
      if (now - askedAt < REQUEST_LIFE_MS) return;
      this.#requests.delete(token);
      reject(new Error('no answer in time'));
    }
  }
}
