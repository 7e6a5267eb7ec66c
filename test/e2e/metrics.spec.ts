// GET /metrics: valid, complete, right, and what the dashboard and the alerts ask for.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import parse from 'parse-prometheus-text-format';
import type { AppProcess } from '../support/app-process.js';
import { hear, join, newRoom, say, texts } from '../support/chat.js';
import { eventually } from '../support/deadline.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 20_000;
const MESSAGES = 10;

type Family = ReturnType<typeof parse>[number];

const stage = new Stage();
let app: AppProcess;
let text: string;
let families: ReadonlyMap<string, Family>;

async function get(server: AppProcess, authorization?: string): Promise<Response> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  return fetch(`${server.http}/metrics`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
}

/** The value of a sample with these labels. */
function valueOf(name: string, labels: Record<string, string> = {}): number {
  const samples = families.get(name)?.metrics ?? [];
  const found = samples.find((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels?.[label] === value),
  );
  return Number(found?.value ?? found?.count ?? Number.NaN);
}

function boundOf(le: string): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}

/** Something of everything: two members who talk, one who comes back, one who comes back too late, errors, a flood. */
async function useEverything(): Promise<void> {
  const room = newRoom();
  const [ada, bob] = [await stage.client(app), await stage.client(app)];
  const { epoch, offset } = await join(ada, room);
  await join(bob, room);
  for (const message of texts(MESSAGES)) await say(ada, room, message, { messageId: message });
  await say(ada, room, 'message 1', { messageId: 'message 1' });
  await hear(bob, room, MESSAGES);
  await join(await stage.client(app), room, { since: { epoch, offset } });
  await join(await stage.client(app), room, { since: { epoch: 'another', offset } });
  await ada.request({ type: 'HISTORY', room: newRoom() });
  await bob.close();
  await stage.connect(`${app.url}/nowhere`).catch(() => undefined);
}

beforeAll(async () => {
  const redis = await stage.redis();
  app = await stage.app({ REDIS_URL: redis.url });
  await useEverything();
  await eventually(
    async () => {
      text = await (await get(app)).text();
      families = new Map(parse(text).map((family) => [family.name, family]));
      const settled = [
        valueOf('roomcast_connections_closed_total', { code: '1000' }),
        valueOf('roomcast_presence_members'),
        valueOf('roomcast_ready', { check: 'canary' }),
      ];
      if (settled.join() !== '1,3,1') throw new Error(`it tells ${settled.join()}`);
    },
    TIMEOUT_MS,
    'the metrics tell what has happened',
  );
}, 60_000);

afterAll(() => stage.clear());

describe('a scrape', () => {
  it('is valid, each family described, typed and there once', () => {
    const names = parse(text).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, help, type, metrics } of families.values()) {
      expect({ name, help, type }).toEqual({
        name: expect.stringMatching(/^[a-z][a-z0-9_]*$/),
        help: expect.stringMatching(/\S/),
        type: expect.stringMatching(/^(COUNTER|GAUGE|HISTOGRAM|SUMMARY)$/),
      });
      for (const { value, labels = {} } of metrics) {
        expect(Object.keys(labels)).not.toContain('');
        expect(Number(value ?? 0)).not.toBeNaN();
      }
    }
  });

  it('names its own metrics by the conventions', () => {
    const own = [...families.values()].filter(({ name }) => name.startsWith('roomcast_'));
    expect(own.length).toBeGreaterThan(20);
    const endings: Record<string, RegExp> = {
      COUNTER: /_total$/,
      HISTOGRAM: /_seconds$/,
      GAUGE: /(?<!_total)$/,
    };
    for (const { name, type } of own) expect(name).toMatch(endings[type]!);
  });

  it('has buckets that add up', () => {
    const histograms = [...families.values()].filter(
      ({ name, type }) => type === 'HISTOGRAM' && name.startsWith('roomcast_'),
    );
    expect(histograms.length).toBe(3);
    for (const { metrics } of histograms) {
      const [{ buckets = {}, count } = {}] = metrics;
      const bounds = Object.keys(buckets).toSorted((a, b) => boundOf(a) - boundOf(b));
      const counts = bounds.map((bound) => Number(buckets[bound]));
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      expect(buckets['+Inf']).toBe(count);
      expect(Number(count)).toBeGreaterThan(0);
    }
  });

  it('is Prometheus text', async () => {
    const response = await get(app);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });
});

describe('after what was done', () => {
  it.each<[string, Record<string, string>, number]>([
    ['roomcast_connections', {}, 3],
    ['roomcast_connections_opened_total', {}, 4],
    ['roomcast_rooms', {}, 1],
    ['roomcast_subscriptions', {}, 3],
    ['roomcast_messages_received_total', {}, MESSAGES + 1],
    ['roomcast_acks_total', { outcome: 'stored' }, MESSAGES],
    ['roomcast_acks_total', { outcome: 'duplicate' }, 1],
    ['roomcast_ack_seconds', {}, MESSAGES + 1],
    ['roomcast_publications_total', {}, MESSAGES],
    // To two members live, and to one who came back.
    ['roomcast_deliveries_total', {}, 3 * MESSAGES],
    ['roomcast_resumes_total', { outcome: 'recovered' }, 1],
    ['roomcast_resumes_total', { outcome: 'lost' }, 1],
    ['roomcast_errors_total', { code: 'NOT_SUBSCRIBED' }, 1],
    ['roomcast_errors_total', { code: 'INTERNAL' }, 0],
    ['roomcast_upgrades_refused_total', { status: '404' }, 1],
    ['roomcast_presence_leased', {}, 1],
    ['roomcast_broker_link_up', { link: 'commands' }, 1],
    ['roomcast_broker_link_up', { link: 'subscriber' }, 1],
    ['roomcast_ready', { check: 'draining' }, 1],
  ])('%s %j is %d', (name, labels, expected) => {
    expect(valueOf(name, labels)).toBe(expected);
  });

  it('tells the bytes of open and of closed connections', () => {
    expect(valueOf('roomcast_received_bytes_total')).toBeGreaterThan(MESSAGES * 50);
    expect(valueOf('roomcast_sent_bytes_total')).toBeGreaterThan(3 * MESSAGES * 100);
  });
});

describe.each(['docker/grafana/dashboards/roomcast.json', 'docker/prometheus/alerts.yml'])('%s', (path) => {
  const content = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const named = [...new Set(content.match(/\b(?:roomcast|process|nodejs)_[a-z0-9_]+/g))];

  it('asks only for metrics that there are', () => {
    expect(named.length).toBeGreaterThan(10);
    const unknown = named.filter((name) => !families.has(name.replace(/_(bucket|sum|count)$/, '')));
    expect(unknown).toEqual([]);
  });

  it('is looked at by label values that there are', () => {
    const labels = [...content.matchAll(/(roomcast_[a-z_]+)\{[^}]*?(code|outcome|check)!?=\\?"(\w+)\\?"/g)];
    for (const [, name = '', label = '', value = ''] of labels) {
      expect([name, label, value, valueOf(name, { [label]: value })]).not.toContain(Number.NaN);
    }
  });
});

describe('METRICS_TOKEN', () => {
  it('is what a scrape has to show where it is set', async () => {
    const guarded = await stage.app({ METRICS_TOKEN: 'a-token-for-prometheus' });
    expect((await get(guarded)).status).toBe(401);
    expect((await get(guarded, 'Bearer another')).status).toBe(401);
    expect((await get(guarded, 'Bearer a-token-for-prometheus')).status).toBe(200);
    expect(await guarded.health()).toMatchObject({ status: 'ok' });
  });
});
