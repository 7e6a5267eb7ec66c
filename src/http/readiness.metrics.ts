// Whether this instance is ready, as Prometheus gauges.
import { Injectable } from '@nestjs/common';
import { Broker } from '../core/broker.js';
import { MetricsRegistry } from './metrics.registry.js';
import { ReadinessChecks } from './readiness-checks.js';

@Injectable()
export class ReadinessMetrics {
  constructor(metrics: MetricsRegistry, checks: ReadinessChecks, broker: Broker) {
    metrics.gauges('roomcast_ready', '1 where the check of GET /ready is up.', {
      label: 'check',
      values: () =>
        Object.entries(checks.run()).map(([check, reason]) => [check, Number(reason === undefined)]),
    });
    metrics.gauges('roomcast_broker_link_up', '1 while the link to the broker works.', {
      label: 'link',
      values: () => broker.links().map(({ name, up }) => [name, Number(up)]),
    });
  }
}
