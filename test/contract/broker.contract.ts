// The contract of the Broker seam: the one suite which every implementation passes.
import { describe } from '@jest/globals';
import type { OpenBrokers } from '../support/broker-pair.js';
import { describeBytes } from './bytes.contract.js';
import { describeClosing } from './closing.contract.js';
import { describeFeed } from './feed.contract.js';
import { describeHistory } from './history.contract.js';
import { describeLogModel } from './log-model.contract.js';
import { describeOnce } from './once.contract.js';
import { describeOrder } from './order.contract.js';

/** `open` is called several times, and may be called again before what it opened is torn down. */
export function describeBroker(name: string, open: OpenBrokers): void {
  describe(`the broker contract: ${name}`, () => {
    describeFeed(open);
    describeOrder(open);
    describeOnce(open);
    describeHistory(open);
    describeLogModel(open);
    describeBytes(open);
    describeClosing(open);
  });
}
