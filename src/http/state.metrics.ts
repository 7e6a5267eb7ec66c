// How things stand on this instance, as Prometheus gauges.
import { Injectable } from '@nestjs/common';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { PresenceService } from '../rooms/presence.service.js';
import { SubscriptionService } from '../subscription/subscription.service.js';
import { MetricsRegistry } from './metrics.registry.js';

@Injectable()
export class StateMetrics {
  constructor(
    metrics: MetricsRegistry,
    connections: ConnectionRegistry,
    subscriptions: SubscriptionService,
    presence: PresenceService,
  ) {
    metrics.gauge('roomcast_connections', 'Open WebSockets.', () => connections.size);
    metrics.gauge('roomcast_rooms', 'Rooms with members here.', () => subscriptions.roomCount);
    metrics.gauge('roomcast_subscriptions', 'Connections times rooms.', () => subscriptions.membershipCount);
    metrics.gauge(
      'roomcast_presence_members',
      'Users times rooms, registered here.',
      () => presence.localMembers,
    );
    metrics.gauge('roomcast_presence_leased', '1 while members here are known to the others.', () =>
      Number(presence.leased),
    );
  }
}
