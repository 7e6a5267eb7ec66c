// Brings one member of a room from where it stands to the live feed, as fast as its socket takes it.
import { retryWhile } from '../core/backoff.js';
import { type Connection, tellLoss } from '../core/connection.js';
import type { Meter } from '../core/meter.js';
import { type Position, positionOf, samePosition } from '../protocol/position.js';
import type { Delivery } from './delivery.js';
import type { RoomLog } from './room-log.js';
import type { RoomReplay } from './room-replay.js';

const BATCH = 50;

/**
 * Serves who joins with a past to replay and who was too slow for the live feed alike: both have a position,
 * and the log has the rest. It ends by `onLive`, called in the very turn in which nothing is missing.
 */
export class CatchUp {
  /** Whether who came or went was not told to it meanwhile. */
  missedMembers = false;
  #stopped = false;

  constructor(
    private readonly connection: Connection,
    private position: Position,
    private readonly source: {
      readonly log: RoomLog;
      readonly replay: RoomReplay;
      readonly meter: Meter;
    },
    private readonly onLive: () => void,
  ) {}

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    for (;;) {
      await this.connection.whenWritable();
      if (this.#ended) return;
      if (samePosition(this.source.log.position, this.position)) return this.onLive();
      await retryWhile(
        () => !this.#ended,
        async () => this.#send(await this.source.replay.after(this.position, BATCH)),
      );
    }
  }

  get #ended(): boolean {
    return this.#stopped || this.connection.closed;
  }

  #send(deliveries: readonly Delivery[] | undefined): void {
    if (this.#ended) return;
    if (!deliveries) return this.#reset();
    for (const delivery of deliveries) {
      if (!this.connection.writable) return;
      const { publication } = delivery;
      if (publication.previousOffset > this.position.offset) this.#tellGap(publication.previousOffset);
      this.connection.send(delivery.frameFor(this.connection.dialect));
      this.position = positionOf(publication);
      this.source.meter.deliveries++;
    }
  }

  #tellGap(to: number): void {
    const { epoch, offset } = this.position;
    const { room } = this.source.log;
    tellLoss(this.connection, { type: 'GAP', room, epoch, from: offset + 1, to });
  }

  /** Only a log that was replaced makes a position foreign, and the tail then begins where the new one does. */
  #reset(): void {
    const { room, tail } = this.source.log;
    const { epoch, offset } = tail.start;
    tellLoss(this.connection, { type: 'RESET', room, epoch, offset, reason: 'broker_data_lost' });
    this.position = tail.start;
  }
}
