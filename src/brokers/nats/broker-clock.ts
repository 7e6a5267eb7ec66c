// The broker's time, whatever the clock of this machine says.
import type { NatsLog } from './nats-log.js';

const NOTHING = Buffer.alloc(0);

export class BrokerClock {
  /** To be added to the clock which only ever goes forward. */
  #offset: number | undefined;

  constructor(
    private readonly log: NatsLog,
    /** Of a record that is there only to be stamped. */
    private readonly subject: string,
  ) {}

  /** About what the broker's clock says, ms since 1970; the machine's own before it was ever asked. */
  get now(): number {
    return this.#offset === undefined ? Date.now() : performance.now() + this.#offset;
  }

  /** Asks, in two round trips, and answers what it says now, or said one round trip ago. */
  async ask(): Promise<number> {
    const before = performance.now();
    await this.log.put(this.subject, NOTHING);
    const stamped = (before + performance.now()) / 2;
    const record = await this.log.last(this.subject);
    if (!record) throw new Error('what was just stored is gone');
    this.#offset = record.storedAt - stamped;
    return record.storedAt;
  }
}
