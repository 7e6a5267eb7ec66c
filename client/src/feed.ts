// What one room brings: each message once and in order, whichever connection it comes over, and where it stands.
import type { Message, Position, RoomEvents } from './api.js';
import type { Emitter } from './emitter.js';
import { messageOf } from './events.js';
import type { FrameOf } from './wire.js';

type Told = { [Type in 'message' | 'gap' | 'reset']: readonly [Type, RoomEvents[Type]] }[
  'message' | 'gap' | 'reset'];

/** Events that are held back until there is a listener. */
const MAX_HELD = 1_000;

export class Feed {
  position: Position | undefined;
  #epoch = '';
  #held: Told[] | undefined = [];

  constructor(
    private readonly emitter: Emitter<RoomEvents>,
    since: Position | undefined,
  ) {
    this.position = since;
  }

  onSubscribed({ epoch, offset, recovered, replayed }: FrameOf<'SUBSCRIBED'>): void {
    this.#epoch = epoch;
    const { position } = this;
    // What is replayed now leads on from where we are.
    if (recovered && position?.epoch === epoch) return;
    // Replayed messages are still to come: whoever loses the connection before the first asks for them again.
    this.position = replayed > 0 ? undefined : { epoch, offset };
    if (position) this.#tell(['reset', { reason: 'not_recovered', epoch, offset }]);
  }

  onMessage(frame: FrameOf<'MESSAGE'>): void {
    const { offset, messageId } = frame;
    if (this.position && offset <= this.position.offset) return;
    const epoch = this.#epoch;
    this.position = { epoch, offset, messageId };
    this.#tell(['message', messageOf(frame, epoch)]);
  }

  onGap({ epoch, from, to }: FrameOf<'GAP'>): void {
    if (this.position && to <= this.position.offset) return;
    this.position = { epoch, offset: to };
    this.#tell(['gap', { epoch, from, to }]);
  }

  onReset({ epoch, offset, reason }: FrameOf<'RESET'>): void {
    const { position } = this;
    // On, and not back: what stands there was had from the log before.
    const passes = position?.epoch === epoch && offset > position.offset;
    this.#epoch = epoch;
    this.position = { epoch, offset };
    if (passes) return;
    this.#tell(['reset', { reason, epoch, offset }]);
  }

  /** There is a listener. Those added in the same turn hear all from the start too. */
  release(): void {
    queueMicrotask(() => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const told of held) this.#tell(told);
    });
  }

  #tell(told: Told): void {
    if (!this.#held) return this.#emit(told);
    this.#held.push(told);
    if (this.#held.length > MAX_HELD) this.#forgetOldest(this.#held);
  }

  /** Nobody has listened for so long: the oldest two become one gap. */
  #forgetOldest(held: Told[]): void {
    const [first, second] = held.splice(0, 2);
    const [, { epoch }] = second!;
    held.unshift(['gap', { epoch, from: startOf(first!), to: endOf(second!) }]);
  }

  #emit(told: Told): void {
    this.emitter.emit(...(told as ['message', Message]));
  }
}

function startOf([type, event]: Told): number {
  return type === 'gap' ? event.from : event.offset;
}

function endOf([type, event]: Told): number {
  return type === 'gap' ? event.to : event.offset;
}
