// One room's log on an instance: what it delivers of a feed that loses, repeats and misorders, and what it tells.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pLimit from 'p-limit';
import { Meter } from '../../src/core/meter.js';
import type { Position, Publication } from '../../src/protocol/position.js';
import type { Delivery } from '../../src/subscription/delivery.js';
import { RoomLog } from '../../src/subscription/room-log.js';
import { TailBudget } from '../../src/subscription/tail.js';
import { settle, turn, useFakeTimers } from '../support/quiescence.js';
import { ScriptedBroker } from '../support/scripted-broker.js';

const ROOM = 'room';
const HISTORY_SIZE = 700;

/** What the log told: `+id` delivered, `gap from-to`, `reset epoch:offset`. */
class Recorder {
  readonly events: string[] = [];

  onDelivery({ publication }: Delivery, before: Position): void {
    const chained =
      publication.previousOffset === before.offset && publication.previousId === before.messageId;
    this.events.push(chained ? `+${publication.messageId}` : `broken at ${publication.messageId}`);
  }

  onGap(before: Position, to: number): void {
    this.events.push(`gap ${before.offset + 1}-${to}`);
  }

  onReset({ epoch, offset }: Position): void {
    this.events.push(`reset ${epoch}:${offset}`);
  }
}

function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `m${from + index}`);
}

function delivered(from: number, to: number): string[] {
  return ids(from, to).map((id) => `+${id}`);
}

describe('RoomLog', () => {
  let broker: ScriptedBroker;
  let log: RoomLog;
  let recorder: Recorder;

  beforeEach(() => {
    useFakeTimers();
    begin(HISTORY_SIZE);
  });

  afterEach(() => {
    log.close();
    jest.useRealTimers();
  });

  function begin(historySize: number, tailSize = 100): void {
    broker = new ScriptedBroker(historySize);
    recorder = new Recorder();
    const options = {
      tailSize,
      maxTailSize: 1_000,
      tailBudgetBytes: 0,
      lingerMs: 0,
      headCheckIntervalMs: 30_000,
    };
    log = new RoomLog(
      ROOM,
      { broker, options, budget: new TailBudget(10_000_000), repairs: pLimit(1), meter: new Meter() },
      recorder,
    );
  }

  /** Opens, and then counts reads from zero. */
  async function open(depth = 0): Promise<void> {
    await log.open(depth);
    broker.reads.length = 0;
  }

  const store = (...messageIds: string[]): Publication[] => broker.store(ROOM, ...messageIds);

  it('delivers what follows the head at which it was opened', async () => {
    store('old');
    await open();
    for (const publication of store('a', 'b')) log.receive(publication);
    expect(recorder.events).toEqual(['+a', '+b']);
    expect(log.position).toEqual(broker.log(ROOM).head);
    expect(broker.reads).toEqual([]);
  });

  it('drops what it has delivered before', async () => {
    await open();
    const [a, b] = store('a', 'b');
    for (const publication of [a!, a!, b!, a!, b!, b!]) log.receive(publication);
    expect(recorder.events).toEqual(['+a', '+b']);
    expect(broker.reads).toEqual([]);
  });

  it('repairs a gap with one read, however much arrives meanwhile, and goes on in order', async () => {
    await open();
    broker.held.add('history');
    const [a, , , d, e, f] = store(...ids(1, 6));
    for (const publication of [a!, d!, f!, e!, d!]) log.receive(publication);
    for (const publication of store('m7', 'm8')) log.receive(publication);
    expect(recorder.events).toEqual(['+m1']);
    await settle(broker);
    expect(recorder.events).toEqual(delivered(1, 8));
    expect(broker.reads).toEqual([{ from: 'after', offset: 1, limit: expect.any(Number) }]);

    for (const publication of store('m9')) log.receive(publication);
    expect(recorder.events).toEqual(delivered(1, 9));
    expect(broker.reads).toHaveLength(1);
  });

  it('reads a long gap in pages', async () => {
    await open();
    store(...ids(1, 650));
    log.receive(broker.log(ROOM).published.at(-1)!);
    await settle(broker);
    expect(recorder.events).toEqual(delivered(1, 650));
    expect(broker.reads.map((range) => (range.from === 'after' ? range.offset : -1))).toEqual([0, 300, 600]);
  });

  it('repeats a read that failed until it is answered', async () => {
    await open();
    broker.held.add('history');
    log.receive(store('m1', 'm2')[1]!);
    await turn();
    for (let failed = 0; failed < 3; failed++) {
      broker.answer('history', 'refused');
      await turn();
      jest.advanceTimersByTime(5_000);
      await turn();
    }
    expect(recorder.events).toEqual([]);
    broker.answer('history');
    await settle(broker);
    expect(recorder.events).toEqual(['+m1', '+m2']);
  });

  it('holds what arrives before it is open, and drops what the log it opens with has already', async () => {
    const [a, b] = store('m1', 'm2');
    broker.held.add('history');
    const opening = log.open(0);
    log.receive(b!);
    log.receive(a!);
    broker.answer('history');
    const [, d] = store('m3', 'm4');
    log.receive(d!);
    await opening;
    await settle(broker);
    expect(recorder.events).toEqual(delivered(3, 4));
    expect(log.position.offset).toBe(4);
  });

  it('reads the rest of what was too much to hold', async () => {
    await open();
    broker.held.add('history');
    const all = store(...ids(1, 600));
    for (const publication of all.slice(1)) log.receive(publication);
    await turn();
    broker.answer('history');
    await settle(broker);
    expect(recorder.events).toEqual(delivered(1, 600));

    const more = store(...ids(601, 602));
    for (const publication of more) log.receive(publication);
    expect(recorder.events.slice(600)).toEqual(delivered(601, 602));
  });

  it('reads again what overflowed while the page with it was under way', async () => {
    await open();
    broker.held.add('history');
    log.receive(store('m1', 'm2')[1]!);
    await turn();
    broker.answer('history');
    for (const publication of store(...ids(3, 650))) log.receive(publication);
    await settle(broker);
    expect(recorder.events).toEqual(delivered(1, 650));
  });

  it('tells a gap where the log was trimmed, and continues behind it', async () => {
    begin(5);
    await open();
    for (const publication of store(...ids(1, 3))) log.receive(publication);
    store(...ids(4, 20));
    log.receive(broker.log(ROOM).published.at(-1)!);
    await settle(broker);
    expect(recorder.events).toEqual([...delivered(1, 3), 'gap 4-15', ...delivered(16, 20)]);
    for (const publication of store('m21')) log.receive(publication);
    expect(recorder.events.at(-1)).toBe('+m21');
  });

  it('finds by comparison with the head what was lost at the end of the feed', async () => {
    await open();
    store(...ids(1, 3));
    log.compare(broker.log(ROOM).head);
    await settle(broker);
    expect(recorder.events).toEqual(delivered(1, 3));
    expect(broker.reads).toHaveLength(1);
    log.compare(broker.log(ROOM).head);
    await settle(broker);
    expect(broker.reads).toHaveLength(1);
  });

  it('takes a head which it has gone beyond for what it is', async () => {
    await open();
    const { head } = broker.log(ROOM);
    for (const publication of store(...ids(1, 3))) log.receive(publication);
    log.compare(head);
    await settle(broker);
    expect(broker.reads).toEqual([]);
    expect(recorder.events).toEqual(delivered(1, 3));
  });

  it('looks again after a repair during which it was to compare', async () => {
    await open();
    broker.held.add('history');
    log.receive(store('m1', 'm2')[1]!);
    await turn();
    broker.answer('history');
    store('m3');
    log.compare(broker.log(ROOM).head);
    await settle(broker);
    expect(recorder.events).toEqual(delivered(1, 3));
  });

  it('looks again after it was opened, if the feed was interrupted meanwhile', async () => {
    const page = await broker.history(ROOM, { from: 'newest', limit: 0 });
    jest.spyOn(broker, 'history').mockResolvedValueOnce(page);
    const opening = log.open(0);
    store('m1');
    log.doubt();
    await opening;
    await settle(broker);
    expect(recorder.events).toEqual(['+m1']);
  });

  it('delivers nothing once it is closed, also not what it is just reading', async () => {
    await open();
    broker.held.add('history');
    const [, b] = store('m1', 'm2');
    log.receive(b!);
    log.close();
    await settle(broker);
    for (const publication of store('m3')) log.receive(publication);
    await settle(broker);
    expect(recorder.events).toEqual([]);
  });
});
