// People who go on talking while somebody floods the server: how long each message takes, and that none is missed.
import { isDeepStrictEqual } from 'node:util';
import type { AppProcess } from '../support/app-process.js';
import { join, newRoom, pluck, range } from '../support/chat.js';
import type { Stage } from '../support/stage.js';
import type { Frame, TestClient } from '../support/test-client.js';

const MEMBERS = 8;
/** One message each so many ms. */
const PACE_MS = 10;

export class Chatters {
  #sent = 0;

  private constructor(
    private readonly room: string,
    private readonly speaker: TestClient,
    private readonly members: readonly TestClient[],
  ) {}

  static async join(stage: Stage, app: AppProcess): Promise<Chatters> {
    const room = newRoom();
    const members = await Promise.all(Array.from({ length: MEMBERS }, () => stage.client(app)));
    for (const member of members) await join(member, room);
    for (const member of members) await member.fence();
    return new Chatters(room, members[0]!, members);
  }

  /** Says so much at a steady pace; everybody gets all of it, in order. Resolves with the times it took, ms. */
  async talk(count: number, timeoutMs: number): Promise<number[]> {
    const from = this.#sent + 1;
    const heard = Promise.all(this.members.map((member) => this.#hear(member, count, timeoutMs)));
    const pace = setInterval(() => {
      if (this.#sent >= from + count - 1) return clearInterval(pace);
      this.#sent++;
      const data = { at: performance.now() };
      this.speaker.send({ type: 'SEND_MESSAGE', room: this.room, message: `${this.#sent}`, data });
    }, PACE_MS);
    try {
      const all = await heard;
      for (const messages of all) {
        const offsets = pluck(messages, 'offset');
        if (!isDeepStrictEqual(offsets, range(from, from + count - 1))) {
          throw new Error(`a member heard ${JSON.stringify(offsets)}`);
        }
      }
      return all.flat().map(({ tookMs }) => Number(tookMs));
    } finally {
      clearInterval(pace);
    }
  }

  async #hear(member: TestClient, count: number, timeoutMs: number): Promise<Frame[]> {
    const messages: Frame[] = [];
    while (messages.length < count) {
      const message = await member.next('MESSAGE', timeoutMs);
      const { at } = message['data'] as { at: number };
      messages.push({ ...message, tookMs: performance.now() - at });
    }
    return messages;
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Number((sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(2));
}
