// A publication on its way to local members: encoded once per dialect, whoever asks first.
import type { Dialect, Frame } from '../protocol/dialects/dialect.js';
import type { Publication } from '../protocol/position.js';

export class Delivery {
  readonly #frames = new Map<Dialect, Frame>();

  constructor(
    readonly room: string,
    readonly publication: Publication,
  ) {}

  /** The text of its frame in a dialect; shared by all who speak it, so never to be written into. */
  frameFor(dialect: Dialect): Frame {
    const known = this.#frames.get(dialect);
    if (known !== undefined) return known;
    const frame = dialect.encodePublication(this.room, this.publication);
    this.#frames.set(dialect, frame);
    return frame;
  }

  /** Roughly what it holds, in bytes: the body, one frame of it, and the objects around. */
  get bytes(): number {
    return 2 * this.publication.body.length + 400;
  }
}
