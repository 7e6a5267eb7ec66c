// Contract of brokers on a network: more reads of the past than the server can answer in time.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Broker } from '../../src/core/broker.js';
import { untilServing } from '../support/broker-pair.js';
import { draftOf, draftsOf, newRoom } from '../support/drafts.js';
import { RecordingSink } from '../support/recording-sink.js';
import type { Networked } from './cuts.contract.js';

const PAGE = 300;
const ROOMS = 20;
const READS = 4_000;

jest.setTimeout(120_000);

export function describeReads(name: string, { start, open }: Networked): void {
  let server: Awaited<ReturnType<typeof start>>;
  let broker: Broker;

  beforeAll(async () => {
    server = await start();
    broker = open(server.port, PAGE);
    broker.start(new RecordingSink());
    await untilServing(broker);
  });

  afterAll(async () => {
    await broker.close();
    await server.stop();
  });

  async function roomsWithPast(): Promise<string[]> {
    const rooms = Array.from({ length: ROOMS }, newRoom);
    for (const room of rooms) await Promise.all(draftsOf(PAGE).map((draft) => broker.publish(room, draft)));
    return rooms;
  }

  describe(`a flood of reads: ${name}`, () => {
    it('is answered in part, refused in part, and keeps no message waiting', async () => {
      const rooms = await roomsWithPast();
      const answers = new Map<string, number>();
      const count = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1);
      const reads = Array.from({ length: READS }, (_, index) =>
        broker.history(rooms[index % ROOMS]!, { from: 'newest', limit: PAGE }).then(
          ({ publications }) => count(`${publications.length} messages`),
          (error: { code?: string }) => count(`${error.code}`),
        ),
      );
      const receipt = await broker.publish(rooms[0]!, draftOf('said meanwhile'));
      const before = [...answers.values()].reduce((sum, each) => sum + each, 0);
      await Promise.all(reads);

      expect(receipt).toMatchObject({ offset: PAGE + 1, duplicate: false });
      // It overtook most of them.
      expect(before).toBeLessThan(READS / 2);
      expect(answers.get(`${PAGE} messages`)).toBeGreaterThan(0);
      answers.delete(`${PAGE} messages`);
      expect([...answers.keys()].filter((answer) => answer !== 'UNAVAILABLE')).toEqual([]);
    });
  });
}
