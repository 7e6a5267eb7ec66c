// Clients that join, or vanish, while their room is being talked in.
import { WebSocket } from 'ws';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { within } from '../support/deadline.js';
import { TestClient } from '../support/test-client.js';
import type { Fleet } from './fleet.js';
import { member } from './sender.js';

export interface SeamFigures {
  joins: number;
  /** Messages seen by the joiners. */
  seen: number;
  holes: number;
  repeats: number;
  /** SUBSCRIBED that announced another number of replayed messages than led up to its offset. */
  wrongCounts: number;
}

const PARALLEL = 30;
/** How many messages each joiner checks. */
const WATCHED = 20;

/** Joins with `history` or `since`, over and over, while other members send without a pause. */
export async function joinUnderFire(fleet: Fleet, joins: number): Promise<SeamFigures> {
  const room = 'seam';
  const figures: SeamFigures = { joins, seen: 0, holes: 0, repeats: 0, wrongCounts: 0 };
  const talkers = await Promise.all(fleet.members.map(({ app }) => member(app.url, room)));
  const talking = new AbortController();
  const talks = talkers.map(async (talker) => {
    while (!talking.signal.aborted) {
      talker.send({ type: 'SEND_MESSAGE', room, message: 'x' });
      await talker.fence(15_000);
    }
  });
  let next = 0;
  const join = async () => {
    while (next < joins) await joinOnce(fleet, next++, room, figures);
  };
  await Promise.all(Array.from({ length: PARALLEL }, join));
  talking.abort();
  await Promise.all(talks);
  for (const talker of talkers) talker.terminate();
  return figures;
}

async function joinOnce(fleet: Fleet, nth: number, room: string, figures: SeamFigures): Promise<void> {
  const url = fleet.members[nth % fleet.members.length]!.app.url;
  const client = await TestClient.connect(url);
  let reply = await client.request({ type: 'SUBSCRIBE', room, history: nth % 7 });
  if (nth % 2) {
    // Away and back: some messages will have gone by.
    await client.request({ type: 'UNSUBSCRIBE', room });
    const { epoch, offset } = reply;
    await client.fence();
    reply = await client.request({ type: 'SUBSCRIBE', room, since: { epoch, offset } });
    if (reply['replayed'] !== Number(reply['offset']) - Number(offset)) figures.wrongCounts++;
  }
  let expected = Number(reply['offset']) - Number(reply['replayed']) + 1;
  for (let count = 0; count < WATCHED; count++) {
    const offset = Number((await client.next('MESSAGE', 15_000))['offset']);
    figures.seen++;
    if (offset > expected) figures.holes++;
    if (offset < expected) figures.repeats++;
    expected = offset + 1;
  }
  client.terminate();
}

/** Connects, asks to join, and is gone after 0, 1, 2 … turns of the event loop. */
export async function vanishWhileJoining(fleet: Fleet, times: number): Promise<void> {
  let next = 0;
  const vanish = async () => {
    while (next < times) {
      const nth = next++;
      const { url } = fleet.members[nth % fleet.members.length]!.app;
      const socket = new WebSocket(`${url}/ws`, 'roomcast.v1');
      await within(once(socket, 'open'), 10_000, 'the connection opens');
      socket.send(JSON.stringify({ type: 'SUBSCRIBE', room: `vanish-${nth % 40}`, history: 3 }));
      for (let turns = nth % 12; turns > 0; turns--) await turn();
      socket.terminate();
      await within(once(socket, 'close'), 10_000, 'the connection closes');
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, vanish));
}
