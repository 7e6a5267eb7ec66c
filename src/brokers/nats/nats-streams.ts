// The JetStream streams: what each keeps, for how long, and that they are there.
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { CALL_DEADLINE_MS } from '../link-timing.js';
import type { HistoryOptions } from '../history-options.js';
import { type NatsNames } from './nats-names.js';
import type { NatsOptions } from './nats-options.js';

/** Records of a room that hold no message: the one that begins it, and those that keep it from expiring. */
const MARKERS_PER_ROOM = 16;
/** JetStream's own memory of message ids, which we don't use: no more than it must be. */
const DUPLICATE_WINDOW_MS = 1_000;

type Wanted = Partial<StreamConfig> & { name: string };

function wantedStreams(names: NatsNames, options: NatsOptions, history: HistoryOptions): Wanted[] {
  const common = {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    num_replicas: options.replicas,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    allow_direct: true,
  };
  const log = {
    ...common,
    name: names.logStream,
    subjects: [names.logSubject('*')],
    max_msgs_per_subject: history.size + MARKERS_PER_ROOM,
    max_age: nanos(history.ttlMs),
    republish: { src: names.logSubject('>'), dest: names.feedSubject('>') },
  };
  const ids = {
    ...common,
    name: names.idStream,
    subjects: [names.idSubject('*', '*')],
    max_msgs_per_subject: 1,
    max_age: nanos(options.idempotencyTtlMs),
  };
  const presence = {
    ...common,
    name: names.presenceStream,
    subjects: [names.presenceSubject('*'), names.placeSubject('*', '*')],
    republish: { src: names.presenceSubject('>'), dest: names.feedSubject('>') },
  };
  return [log, ids, presence];
}

/** Makes the streams that are missing, and adapts those that are kept otherwise than it is wanted now. */
export async function ensureStreams(
  connection: NatsConnection,
  names: NatsNames,
  options: NatsOptions,
  history: HistoryOptions,
): Promise<void> {
  const manager = await jetstreamManager(connection, { timeout: CALL_DEADLINE_MS, checkAPI: false });
  await Promise.all(wantedStreams(names, options, history).map((wanted) => ensure(manager, wanted)));
}

async function ensure(manager: JetStreamManager, wanted: Wanted): Promise<void> {
  const found = await existing(manager, wanted.name);
  if (!found) {
    try {
      await manager.streams.add(wanted);
      return;
    } catch (error) {
      // Another instance made it in the meantime, maybe with other limits.
      if (!(error instanceof JetStreamApiError)) throw error;
    }
    return;
  }
  const entries = Object.entries(wanted) as [keyof StreamConfig, unknown][];
  const differs = entries.some(([key, value]) => JSON.stringify(found[key]) !== JSON.stringify(value));
  if (differs) await manager.streams.update(wanted.name, { ...found, ...wanted });
}

async function existing(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof Error && error.name === 'StreamNotFoundError') return undefined;
    throw error;
  }
}
