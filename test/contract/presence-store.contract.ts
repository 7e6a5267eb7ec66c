// The contract of the PresenceStore seam: the one suite which every implementation passes.
import { describe } from '@jest/globals';
import type { OpenPresence } from '../support/presence-stage.js';
import { describePresenceLeases } from './presence-leases.contract.js';
import { describePresenceMembers } from './presence-members.contract.js';
import { describePresenceModel } from './presence-model.contract.js';

export function describePresenceStore(name: string, open: OpenPresence): void {
  describe(`the presence contract: ${name}`, () => {
    describePresenceMembers(open);
    describePresenceLeases(open);
    describePresenceModel(open);
  });
}
