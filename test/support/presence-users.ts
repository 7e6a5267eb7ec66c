// Users with a name, an id that stays, and clients that hear of each other.
import { within } from './deadline.js';
import type { Stage } from './stage.js';
import type { TestClient } from './test-client.js';

const TIMEOUT_MS = 5_000;

type Server = { readonly url: string; readonly http: string };

interface Person {
  readonly id: string;
  readonly client: TestClient;
  /** Another connection of the same user. */
  again(server: Server): Promise<TestClient>;
}

export class PresenceUsers {
  constructor(private readonly stage: Stage) {}

  /** A new user, welcomed. The servers have to share their JWT_SECRET. */
  async connect(server: Server, name: string, path = '/'): Promise<Person> {
    const { token, user } = await guestToken(server, name);
    const open = async (url: string): Promise<TestClient> => {
      const protocols = ['roomcast.v1', `roomcast.token.${token}`];
      const client = await this.stage.connect(url, { protocols, presence: true });
      await client.next('WELCOME');
      return client;
    };
    const client = await open(server.url + path);
    return { id: user.id, client, again: ({ url }) => open(url) };
  }
}

/** What POST /auth/guest answers. */
async function guestToken(
  { http }: Pick<Server, 'http'>,
  username: string,
): Promise<{ token: string; user: { id: string } }> {
  const request = fetch(`${http}/auth/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username }),
  });
  const response = await within(request, TIMEOUT_MS, 'POST /auth/guest');
  if (response.status !== 201) throw new Error(`POST /auth/guest answered ${response.status}`);
  return JSON.parse(await response.text()) as { token: string; user: { id: string } };
}
