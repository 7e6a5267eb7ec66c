// What one client saw of one room, in the order in which it saw it.

export interface Position {
  readonly epoch: string;
  readonly offset: number;
  readonly messageId?: string;
}

export type LogEntry =
  | { readonly kind: 'message'; readonly epoch: string; readonly offset: number; readonly messageId: string }
  | {
      readonly kind: 'subscribed';
      readonly epoch: string;
      readonly offset: number;
      readonly recovered?: boolean;
      readonly replayed: number;
    }
  | { readonly kind: 'gap'; readonly from: number; readonly to: number }
  | { readonly kind: 'reset'; readonly epoch: string; readonly offset: number };

export class RoomLog {
  readonly entries: LogEntry[] = [];
  /** The last position the client knows: what it would resume from. */
  position: Position | undefined;

  constructor(
    readonly client: string,
    readonly room: string,
  ) {}

  add(entry: LogEntry): void {
    this.entries.push(entry);
    if (entry.kind === 'gap') {
      this.position = this.position && { epoch: this.position.epoch, offset: entry.to };
    } else if (entry.kind === 'message') {
      this.position = { epoch: entry.epoch, offset: entry.offset, messageId: entry.messageId };
    } else if (entry.kind === 'reset' || entry.recovered !== true) {
      // What is replayed leads up to the offset told, so a client that is given less than that resumes earlier.
      const replayed = entry.kind === 'subscribed' ? entry.replayed : 0;
      this.position = { epoch: entry.epoch, offset: entry.offset - replayed };
    }
  }
}

/** An ACK as its sender got it. */
export interface Acked {
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  readonly messageId: string;
  readonly duplicate: boolean;
}
