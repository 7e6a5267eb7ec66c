// Some reads of the past at once; the others wait for their turn, and leave when it does not come in time.
import pLimit from 'p-limit';
import { withDeadline } from '../core/deadline.js';
import { ChatError } from '../protocol/errors.js';
import { CALL_DEADLINE_MS } from './link-timing.js';

const READS_AT_ONCE = 16;
const MAX_WAITING = 10_000;

/**
 * A page of history is what costs a server most, and after a cut each room and each client wants one. All at once,
 * each would be answered too late, given up and asked for again, for ever, and who sends would wait behind them.
 */
export class ReadQueue {
  readonly #turns = pLimit(READS_AT_ONCE);

  /**
   * @param begin starts the read; not called when the turn comes after the deadline of all calls
   * @throws ChatError UNAVAILABLE when the answer is not there by then, or too many wait; else as the read does
   */
  async run<T>(begin: () => Promise<T>): Promise<T> {
    if (this.#turns.pendingCount >= MAX_WAITING) throw tooLate();
    let givenUp = false;
    const turn = this.#turns(() => (givenUp ? Promise.reject(tooLate()) : begin()));
    try {
      return await withDeadline(turn, CALL_DEADLINE_MS, tooLate);
    } finally {
      givenUp = true;
    }
  }
}

function tooLate(): ChatError {
  return new ChatError('UNAVAILABLE', 'The message broker has too much to read');
}
