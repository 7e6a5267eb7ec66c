// What a reply comes to.
import type { Frame } from '../support/test-client.js';

/** The code of an error, the type of anything else. */
export function kindOf({ type = '', code }: Frame): string {
  return typeof code === 'string' ? code : type;
}
