// Whether the balancer should send clients here, and if not, why: in the form of @nestjs/terminus.
import { Injectable, Logger } from '@nestjs/common';
import { type HealthCheckResult, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { type Findings, ReadinessChecks } from './readiness-checks.js';

@Injectable()
export class ReadinessService {
  readonly #logger = new Logger(ReadinessService.name);
  #wasReady = true;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly checks: ReadinessChecks,
  ) {}

  /** @throws ServiceUnavailableException with what is down, and why */
  async check(): Promise<HealthCheckResult> {
    const findings = this.checks.run();
    this.#logChange(findings);
    const results = Object.entries(findings).map(([name, reason]) => {
      const indicator = this.indicators.check(name);
      return reason === undefined ? indicator.up() : indicator.down(reason);
    });
    return this.health.check(results.map((result) => () => result));
  }

  /** Balancers ask each second: only what is new is worth a line. */
  #logChange(findings: Findings): void {
    const reasons = Object.entries(findings).flatMap(([name, reason]) =>
      reason ? [`${name}: ${reason}`] : [],
    );
    const ready = reasons.length === 0;
    if (ready === this.#wasReady) return;
    this.#wasReady = ready;
    if (ready) this.#logger.log('Ready');
    else this.#logger.warn(`Not ready: ${reasons.join('; ')}`);
  }
}
