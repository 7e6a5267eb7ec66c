// How long it makes sense to wait for a server: until the deadline, but no time at all while it is in doubt.
import { withDeadline } from '../core/deadline.js';
import { CALL_DEADLINE_MS } from './link-timing.js';

export class Patience {
  #answeredAt = 0;
  #missedAt = -1;

  /** A deadline passed and nothing was answered since: whoever waits now would most likely wait in vain. */
  get inDoubt(): boolean {
    return this.#missedAt > this.#answeredAt;
  }

  /** The server gave a sign of life. */
  answered(): void {
    this.#answeredAt = performance.now();
  }

  /** As withDeadline with the deadline of all calls; while the server is in doubt, none waits any more. */
  async wait<T>(reply: Promise<T>): Promise<T> {
    const { inDoubt } = this;
    const result = await withDeadline(reply, inDoubt ? 0 : CALL_DEADLINE_MS, () => {
      // Who was given no time proves nothing: of many such calls, one would bring back a doubt that has just ended.
      if (!inDoubt) this.#missedAt = performance.now();
      return new Error('no answer in time');
    });
    this.answered();
    return result;
  }
}
