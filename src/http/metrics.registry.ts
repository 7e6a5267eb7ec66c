// The Prometheus registry of this instance: what is exported is read where it is kept, when it is asked for.
import { Injectable } from '@nestjs/common';
import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
import type { LatencyHistogram } from '../core/latency-histogram.js';
import type { Tally } from '../core/meter.js';

interface Labelled {
  readonly label: string;
  readonly values: () => Iterable<readonly [label: string, value: number]>;
}

@Injectable()
export class MetricsRegistry extends Registry {
  constructor() {
    super();
    // Memory, CPU, event loop, garbage collection.
    collectDefaultMetrics({ register: this });
  }

  counter(name: string, help: string, read: () => number): void {
    const counter = new Counter({
      name,
      help,
      registers: [this],
      collect: () => {
        counter.reset();
        counter.inc(read());
      },
    });
  }

  /** @param known label values that are there from the start on, at 0, so that a rate has a beginning */
  tally(
    name: string,
    help: string,
    { tally, label, known }: { tally: Tally; label: string; known: readonly string[] },
  ): void {
    const counter = new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this],
      collect: () => {
        counter.reset();
        for (const value of known) counter.inc({ [label]: value }, 0);
        for (const [value, count] of tally.entries()) counter.inc({ [label]: value }, count);
      },
    });
  }

  gauge(name: string, help: string, read: () => number): void {
    const gauge = new Gauge({
      name,
      help,
      registers: [this],
      collect: () => {
        gauge.set(read());
      },
    });
  }

  gauges(name: string, help: string, { label, values }: Labelled): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this],
      collect: () => {
        gauge.reset();
        for (const [value, count] of values()) gauge.set({ [label]: value }, count);
      },
    });
  }

  /** prom-client's own histogram looks its labels up at each observation; ours is only read by it. */
  histogram(name: string, help: string, histogram: LatencyHistogram): void {
    const get = () => {
      const buckets = histogram.cumulative.map(({ bound, count }) => ({
        metricName: `${name}_bucket`,
        labels: { le: Number.isFinite(bound) ? bound : '+Inf' },
        value: count,
      }));
      const sum = { metricName: `${name}_sum`, labels: {}, value: histogram.sum };
      const count = { metricName: `${name}_count`, labels: {}, value: buckets.at(-1)!.value };
      return Promise.resolve({ name, help, type: 'histogram', values: [...buckets, sum, count] });
    };
    this.registerMetric({ name, get } as unknown as Metric);
  }
}
