// The time of day as messages carry it.

let formattedMs = Number.NaN;
let formatted = '';

/** ISO 8601, UTC, milliseconds; formatted once for all who ask within one of them. */
export function isoNow(): string {
  const nowMs = Date.now();
  if (nowMs !== formattedMs) {
    formattedMs = nowMs;
    formatted = new Date(nowMs).toISOString();
  }
  return formatted;
}
