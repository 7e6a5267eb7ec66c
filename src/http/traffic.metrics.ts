// What has happened on this instance, as Prometheus counters and histograms.
import { Injectable } from '@nestjs/common';
import { Meter } from '../core/meter.js';
import { CloseCode } from '../protocol/close-codes.js';
import { ERROR_CODES } from '../protocol/errors.js';
import { MetricsRegistry } from './metrics.registry.js';

@Injectable()
export class TrafficMetrics {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly meter: Meter,
  ) {
    this.#connections();
    this.#messages();
    this.#repairs();
    this.#refusals();
  }

  #connections(): void {
    const { metrics, meter } = this;
    metrics.counter(
      'roomcast_connections_opened_total',
      'WebSockets accepted.',
      () => meter.connectionsOpened,
    );
    metrics.tally('roomcast_connections_closed_total', 'WebSockets that ended, by close code.', {
      tally: meter.closes,
      label: 'code',
      known: Object.values(CloseCode).map(String),
    });
    metrics.counter(
      'roomcast_received_bytes_total',
      'Bytes read from WebSockets.',
      () => meter.traffic().bytesRead,
    );
    metrics.counter(
      'roomcast_sent_bytes_total',
      'Bytes written to WebSockets.',
      () => meter.traffic().bytesWritten,
    );
  }

  #messages(): void {
    const { metrics, meter } = this;
    metrics.counter(
      'roomcast_messages_received_total',
      'Messages given to the broker.',
      () => meter.messagesReceived,
    );
    metrics.tally('roomcast_acks_total', 'Messages the broker has stored, or had before.', {
      tally: meter.acks,
      label: 'outcome',
      known: ['stored', 'duplicate'],
    });
    metrics.histogram(
      'roomcast_ack_seconds',
      'From giving a message to the broker to its being stored.',
      meter.ackSeconds,
    );
    metrics.counter(
      'roomcast_publications_total',
      'Messages which came from the broker.',
      () => meter.publications,
    );
    metrics.counter('roomcast_deliveries_total', 'Messages sent to members.', () => meter.deliveries);
    metrics.histogram(
      'roomcast_publish_to_deliver_seconds',
      'From giving a message to the broker to sending it to the members here; of one message at a time.',
      meter.publishToDeliverSeconds,
    );
    metrics.histogram(
      'roomcast_broker_round_trip_seconds',
      'Of a canary that travels through the broker each second.',
      meter.brokerRoundTripSeconds,
    );
  }

  #repairs(): void {
    const { metrics, meter } = this;
    metrics.counter(
      'roomcast_gaps_found_total',
      'Times a feed did not follow the log.',
      () => meter.gapsFound,
    );
    metrics.counter(
      'roomcast_gaps_repaired_total',
      'Of these, read up from the log.',
      () => meter.gapsRepaired,
    );
    metrics.counter(
      'roomcast_gaps_told_total',
      'Gaps which the log did not hold any more.',
      () => meter.gapsTold,
    );
    metrics.counter('roomcast_resets_total', 'Logs that were lost or replaced.', () => meter.resets);
    metrics.tally('roomcast_resumes_total', 'SUBSCRIBE with since, by outcome.', {
      tally: meter.resumes,
      label: 'outcome',
      known: ['recovered', 'lost'],
    });
    metrics.counter(
      'roomcast_fell_behind_total',
      'Members who left the live feed to read the log.',
      () => meter.fellBehind,
    );
  }

  #refusals(): void {
    const { metrics, meter } = this;
    metrics.tally('roomcast_errors_total', 'Errors told to clients, by code.', {
      tally: meter.errors,
      label: 'code',
      known: ERROR_CODES,
    });
    metrics.tally('roomcast_rate_limited_total', 'What was refused for its rate.', {
      tally: meter.rateLimited,
      label: 'what',
      known: ['command', 'handshake', 'request'],
    });
    metrics.tally('roomcast_upgrades_refused_total', 'Handshakes refused, by HTTP status.', {
      tally: meter.refusedUpgrades,
      label: 'status',
      known: ['401', '403', '429', '503'],
    });
  }
}
