// The embedded presence store passes the presence contract.
import { embeddedPresence } from '../support/presence-stage.js';
import { describePresenceStore } from './presence-store.contract.js';

describePresenceStore('EmbeddedPresence', embeddedPresence);
