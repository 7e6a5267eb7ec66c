// The presence store on NATS as two instances see it, with the faults of its contract.
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import type { Fleet } from '../../src/brokers/nats/lease-registry.js';
import { NatsBroker } from '../../src/brokers/nats/nats.broker.js';
import { NatsPresence } from '../../src/brokers/nats/nats.presence.js';
import { untilServing } from './broker-pair.js';
import { HISTORY, newNatsManager } from './nats-brokers.js';
import type { NatsServer } from './nats-server.js';
import type { PresenceHarness } from './presence-stage.js';
import { RecordingSink } from './recording-sink.js';

const LONG_AGO = 1;

export async function natsPresence(server: NatsServer): Promise<PresenceHarness> {
  Logger.overrideLogger(false);
  const managers = [newNatsManager(server.url), newNatsManager(server.url)] as const;
  const brokers = managers.map((manager) => new NatsBroker(manager, HISTORY));
  const stores = [new NatsPresence(managers[0]), new NatsPresence(managers[1])] as const;
  // The second one's sink is nobody's; it is started for its link.
  brokers[1]!.start(new RecordingSink());
  await untilServing(brokers[1]!);
  const admin = await connect({ servers: server.url });
  const { names } = managers[0];
  const leases = await new Kvm(jetstream(admin)).create(names.leaseBucket, { history: 1 });
  const change = async (act: (fleet: Fleet) => void): Promise<void> => {
    const entry = await leases.get('fleet');
    const fleet = entry!.json<Fleet>();
    act(fleet);
    await leases.put('fleet', JSON.stringify(fleet), { previousSeq: entry!.revision });
  };
  return {
    stores: () => stores,
    broker: brokers[0]!,
    lapse: (lease) =>
      change((fleet) => {
        if (lease in fleet.leases) fleet.leases[lease] = LONG_AGO;
        fleet.since = LONG_AGO;
      }),
    silence: () =>
      change((fleet) => {
        for (const lease of Object.keys(fleet.leases)) fleet.leases[lease] = LONG_AGO;
        fleet.heardAt = fleet.since = LONG_AGO;
      }),
    wipe: async () => {
      const manager = await jetstreamManager(admin);
      for (const stream of [names.presenceStream, `KV_${names.leaseBucket}`]) {
        await manager.streams.purge(stream);
      }
    },
    close: async () => {
      await admin.close();
      await Promise.all(brokers.map((broker) => broker.close()));
    },
  };
}
