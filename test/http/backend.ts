// An operator's backend: asks the HTTP API of a running server by supertest.
import request, { type Test } from 'supertest';
import type { AppProcess } from '../support/app-process.js';

export const API_KEY = 'key-of-the-backend';
const TIMEOUT_MS = 20_000;

export class Backend {
  /** @param key null: shows none */
  constructor(
    private readonly app: Pick<AppProcess, 'http'>,
    private readonly key: string | null = API_KEY,
  ) {}

  get(path: string): Test {
    return this.#asked(request(this.app.http).get(path));
  }

  delete(path: string): Test {
    return this.#asked(request(this.app.http).delete(path));
  }

  /** @param body objects go out as JSON, text as it is, under the type of JSON too */
  post(path: string, body: object | string): Test {
    return this.#asked(request(this.app.http).post(path)).type('json').send(body);
  }

  publish(room: string, body: object | string): Test {
    return this.post(`/api/rooms/${room}/messages`, body);
  }

  /** @param query `limit=2&before=7` */
  history(room: string, query = ''): Test {
    return this.get(`/api/rooms/${room}/messages?${query}`);
  }

  #asked(test: Test): Test {
    test.timeout(TIMEOUT_MS);
    return this.key === null ? test : test.auth(this.key, { type: 'bearer' });
  }
}
