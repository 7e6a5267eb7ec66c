// Ports of this machine that nothing listens on.
import { once } from 'node:events';
import { createServer } from 'node:net';

async function listenOnce(port) {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: taken } = server.address();
  server.close();
  await once(server, 'close');
  return taken;
}

/** Any free port. */
export const freePort = () => listenOnce(0);

/** `port`, a number or what an environment variable holds. @throws with what to do when it is taken */
export async function requirePort(port) {
  try {
    return await listenOnce(Number(port));
  } catch (error) {
    const remedy = 'Choose another one: PORT=9000 npm run demo';
    throw new Error(`Port ${port} can't be used (${error.code}). ${remedy}`, { cause: error });
  }
}
