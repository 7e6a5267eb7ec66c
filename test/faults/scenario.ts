// One fault scenario: a fleet under load, something that breaks, and figures which must all be zero.
import { expect, it } from '@jest/globals';
import { Fleet } from './fleet.js';
import { Load, type Report, SCALE } from './load.js';
import { print } from './print.js';

interface Stage {
  readonly fleet: Fleet;
  readonly load: Load;
}

interface Scenario {
  /** As in the list of fault scenarios in docs/DELIVERY.md. */
  readonly number: number;
  readonly title: string;
  readonly fleet?: Parameters<typeof Fleet.start>[1];
  /** Acknowledged messages are lost with the broker's data: every client has to be told. */
  readonly brokerLosesData?: boolean;
  /** Runs under load; what it returns is printed with the figures. */
  readonly act: (stage: Stage) => Promise<Record<string, unknown> | void>;
  /** Further figures of the report. */
  readonly expected?: Partial<Report>;
}

const TIMEOUT_MS = 240_000;

export function scenario({
  number,
  title,
  fleet: options,
  brokerLosesData = false,
  act,
  expected,
}: Scenario): void {
  const run = async ({ fleet, load }: Stage) => {
    await load.connect();
    let figures = {};
    await load.during(async () => {
      figures = { ...(await act({ fleet, load })) };
    }, SCALE.messagesPerSecond);
    const report = await load.settle();
    print(`scenario ${number}: ${title}`, { ...report, ...figures });
    return report;
  };
  it(
    `${number}. ${title}`,
    async () => {
      const fleet = await Fleet.start(SCALE.instances, options);
      const load = new Load(fleet.urls);
      try {
        const report = await run({ fleet, load });
        expect(report).toMatchObject({ duplicates: 0, outOfOrder: 0, silentGaps: 0, ...expected });
        expect(brokerLosesData ? 0 : report.ackedLost).toBe(0);
        expect(report.told > 0).toBe(brokerLosesData);
        expect(report.delivered).toBeGreaterThan(report.acked);
        expect(fleet.members.flatMap(({ app }) => crashesIn(app.logs))).toEqual([]);
      } finally {
        load.stop();
        await fleet.stop();
      }
    },
    TIMEOUT_MS,
  );
}

function crashesIn(logs: readonly string[]): string[] {
  return logs.filter((line) => /ERROR|UnhandledPromise|TypeError|\bINTERNAL\b/.test(line));
}
