// Finds TCP ports on loopback that nothing listens on.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

// Below the range from which systems take the local ports of outgoing connections (Linux: from 32768 on): a server
// that is killed and restarted keeps its port, and a client that retries meanwhile cannot connect to itself. Above
// 10080, the highest of the ports which fetch refuses to talk to.
const FIRST_PORT = 10_081;
const LAST_PORT = 32_000;
const MAX_TRIES = 100;

const handedOut = new Set<number>();

/** Whether nothing listens on `port` of 127.0.0.1 just now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}

/** A port of 127.0.0.1 that was free just now, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error(`No free port after ${MAX_TRIES} tries`);
}
