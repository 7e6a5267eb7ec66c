// What is asked of every server: who is connected, and how much they say.

/** @typedef {import('./lib/types.js').Scenario} Scenario */

/** Characters of a message's text. */
export const TEXT_BYTES = 128;

/** @type {Scenario[]} */
const SCENARIOS = [
  {
    id: 'S1',
    kind: 'load',
    title: 'One large room: 1,000 members, one of them sends',
    shape: { instances: 1, rooms: 1, members: 1000, senders: 1 },
    rows: [
      { id: 'S1-16', title: '16 messages in flight', per: 'delivery', unit: 'µs/delivery', window: 16 },
      { id: 'S1-1', title: '1 message in flight', per: 'delivery', unit: 'µs/delivery', window: 1 },
      { id: 'S1-rate', title: '25 messages/s', per: 'delivery', unit: 'µs/delivery', rate: 25 },
    ],
  },
  {
    id: 'S2',
    kind: 'load',
    title: 'Many small rooms: 500 rooms of 2, both send',
    shape: { instances: 1, rooms: 500, members: 2, senders: 2 },
    rows: [
      {
        id: 'S2-1',
        title: '1 message in flight in each room',
        per: 'message',
        unit: 'µs/message',
        window: 1,
      },
      { id: 'S2-rate', title: '3,000 messages/s', per: 'message', unit: 'µs/message', rate: 3000 },
    ],
  },
  {
    id: 'S3',
    kind: 'memory',
    title: 'Idle connections in rooms of 10',
    shape: { instances: 1, rooms: 900, members: 10, senders: 0 },
    from: 1000,
    to: 9000,
    rows: [{ id: 'S3', title: 'from 1,000 to 9,000 connections', unit: 'KB/connection' }],
  },
  {
    id: 'S4',
    kind: 'load',
    title: 'Two instances: 100 rooms of 2, a member on each, one of them sends',
    shape: { instances: 2, rooms: 100, members: 2, senders: 1 },
    rows: [
      {
        id: 'S4-1',
        title: '1 message in flight in each room',
        per: 'message',
        unit: 'µs/message',
        window: 1,
      },
      { id: 'S4-rate', title: '2,000 messages/s', per: 'message', unit: 'µs/message', rate: 2000 },
    ],
  },
  {
    id: 'storm',
    kind: 'storm',
    title: 'Recovery storm: 2,000 clients are cut, miss 10 messages each, and come back at once',
    shape: { instances: 1, rooms: 20, members: 101, senders: 1 },
    missed: 10,
    rows: [{ id: 'storm', title: 'until the last one is back', unit: 'ms' }],
  },
];

/** Smaller where the size costs time rather than proves anything. @returns {Scenario} */
function quickly(/** @type {Scenario} */ scenario) {
  if (scenario.kind === 'memory') {
    return {
      ...scenario,
      from: 200,
      to: 1000,
      rows: [{ ...scenario.rows[0], title: 'from 200 to 1,000 connections' }],
    };
  }
  if (scenario.kind === 'storm') {
    const title = scenario.title.replace('2,000', '400');
    return { ...scenario, title, shape: { ...scenario.shape, members: 21 } };
  }
  return scenario;
}

/** @returns {Scenario[]} */
export function scenarios(/** @type {boolean} */ quick) {
  return quick ? SCENARIOS.map(quickly) : SCENARIOS;
}
