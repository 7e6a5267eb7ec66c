// A publication on its way to local members: encoded once per dialect, whoever asks first.
import type { Dialect, Frame } from '../protocol/dialects/dialect.js';
import type { Publication } from '../protocol/position.js';

export class Delivery {
  #dialect: Dialect | undefined;
  #frame: Frame | undefined;
  #others: Map<Dialect, Frame> | undefined;

  constructor(
    readonly room: string,
    readonly publication: Publication,
  ) {}

  /** The text of its frame in a dialect; shared by all who speak it, so never to be written into. */
  frameFor(dialect: Dialect): Frame {
    if (this.#dialect === dialect) return this.#frame!;
    const known = this.#others?.get(dialect);
    if (known !== undefined) return known;
    const frame = dialect.encodePublication(this.room, this.publication);
    if (this.#dialect) (this.#others ??= new Map()).set(dialect, frame);
    else {
      this.#dialect = dialect;
      this.#frame = frame;
    }
    return frame;
  }

  /** Lets go of the frames: most publications are needed once, and then only kept in case. */
  forgetFrames(): void {
    this.#dialect = undefined;
    this.#frame = undefined;
    this.#others = undefined;
  }
}

/** Roughly what a publication in memory holds at most, bytes: its body, one frame of it, and what is around. */
export function weightOf(bodyLength: number): number {
  return 2 * bodyLength + 400;
}
