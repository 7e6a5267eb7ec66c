// Two instances of a broker over one store, each with a sink that records what it is told.
import type { Broker } from '../../src/core/broker.js';
import { eventually } from './deadline.js';
import { RecordingSink } from './recording-sink.js';

const READY_TIMEOUT_MS = 15_000;

/** What an implementation of the Broker seam has to offer to be tested. */
interface OpenedBrokers {
  /** One or more which share a store, not started yet. */
  readonly brokers: readonly Broker[];
  /** Ends what was opened besides the brokers themselves. */
  readonly teardown: () => Promise<void>;
}

export interface BrokerKnobs {
  /** Newest messages kept per room. */
  readonly historySize?: number;
}

export type OpenBrokers = (knobs: BrokerKnobs) => Promise<OpenedBrokers>;

export interface Instance {
  readonly broker: Broker;
  readonly sink: RecordingSink;
}

export interface BrokerPair {
  readonly first: Instance;
  /** Another instance where the broker has several, else the same one. */
  readonly second: Instance;
  /** Each instance once. */
  readonly instances: readonly Instance[];
  close(): Promise<void>;
}

export async function openPair(open: OpenBrokers, knobs: BrokerKnobs = {}): Promise<BrokerPair> {
  const { brokers, teardown } = await open(knobs);
  const instances = brokers.map((broker) => ({ broker, sink: new RecordingSink() }));
  for (const { broker, sink } of instances) broker.start(sink);
  await Promise.all(instances.map(({ broker }) => untilServing(broker)));
  return {
    first: instances[0]!,
    second: instances.at(-1)!,
    instances,
    close: async () => {
      await Promise.all(brokers.map((broker) => broker.close()));
      await teardown();
    },
  };
}

/** Resolves when a broker that began to connect answers. */
export async function untilServing(broker: Broker): Promise<void> {
  await eventually(() => broker.heads(['is-it-there']), READY_TIMEOUT_MS, 'the broker serves');
}

export async function subscribeAll(pair: BrokerPair, room: string): Promise<void> {
  await Promise.all(pair.instances.map(({ broker }) => broker.subscribe(room)));
}
