// Which request bodies are read as JSON.
import type { IncomingMessage } from 'node:http';

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/**
 * Those that say so: a form is what a page of any origin may post. But to `/login` some clients send JSON under
 * whatever type their library has by default; the token in its answer is not for another origin's page to read.
 */
export function isJsonBody({ url = '', headers }: IncomingMessage): boolean {
  return JSON_TYPE.test(headers['content-type'] ?? '') || url.split('?', 1)[0] === '/login';
}
