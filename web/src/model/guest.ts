// Who the reader is: a name, the token that proves it, and the ids under which it was known before.
import type { Identity } from '@roomcast/client';
import { isRecord, Stored } from './storage.js';

/** A token that runs out sooner is not used for a new connection. */
const MIN_LEFT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 8_000;
const MAX_PAST_IDS = 20;

interface Kept {
  readonly name: string;
  readonly token: string;
  /** As `Date.now()` has it. */
  readonly expiresAt: number;
  readonly id: string;
  readonly pastIds: readonly string[];
}

const kept = new Stored<Kept>(
  () => localStorage,
  'guest',
  (value): value is Kept =>
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    typeof value['token'] === 'string' &&
    typeof value['expiresAt'] === 'number' &&
    typeof value['id'] === 'string' &&
    Array.isArray(value['pastIds']),
);

/** What the server answers instead of what was asked for. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    readonly status: number,
    readonly code: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

export class Guest {
  #kept: Kept;
  #used = false;

  private constructor(state: Kept) {
    this.#kept = state;
  }

  /** Whoever was here last. */
  static remembered(): Guest | undefined {
    const state = kept.read();
    return state && new Guest(state);
  }

  /** @throws RefusedError; TypeError when the server is out of reach */
  static async enter(name: string): Promise<Guest> {
    const guest = new Guest({ name, token: '', expiresAt: 0, id: '', pastIds: [] });
    await guest.#renew();
    return guest;
  }

  get name(): string {
    return this.#kept.name;
  }

  get id(): string {
    return this.#kept.id;
  }

  isMe({ id }: Pick<Identity, 'id'>): boolean {
    return id === this.#kept.id || this.#kept.pastIds.includes(id);
  }

  get authorization(): Record<string, string> {
    const { token } = this.#kept;
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  /** For the SDK, which asks again when a token runs out, or was refused. */
  readonly token = async (): Promise<string> => {
    const fresh = this.#kept.expiresAt - Date.now() > MIN_LEFT_MS;
    if (this.#used || !fresh) await this.#renew();
    this.#used = true;
    return this.#kept.token;
  };

  forget(): void {
    kept.write(undefined);
  }

  /** The same user goes on, as long as the server knows the last token. */
  async #renew(): Promise<void> {
    const { name, id: lastId, pastIds } = this.#kept;
    let response = await this.#ask(this.authorization);
    if (response.status === 401) response = await this.#ask({});
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw refusalOf(response, body);
    const { token, expiresIn, user } = body as { token: string; expiresIn: number; user: Identity };
    const known = lastId === '' || lastId === user.id ? pastIds : [lastId, ...pastIds].slice(0, MAX_PAST_IDS);
    const expiresAt = Date.now() + expiresIn * 1_000;
    this.#kept = { name, token, expiresAt, id: user.id, pastIds: known };
    kept.write(this.#kept);
  }

  #ask(headers: Record<string, string>): Promise<Response> {
    return fetch('/auth/guest', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ username: this.name }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  }
}

function refusalOf({ status }: Response, body: unknown): RefusedError {
  const { code, message } = isRecord(body) ? body : {};
  const words = typeof message === 'string' ? message : `The server answered ${status}`;
  return new RefusedError(status, typeof code === 'string' ? code : undefined, words);
}
