// Numbers and tables for people.

const SMALL = 10;
const LARGE = 100;

/** Three digits that matter. @param {number | undefined} value */
export function figure(value) {
  if (value === undefined) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  const digits = size < 1 ? 3 : size < SMALL ? 2 : size < LARGE ? 1 : 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {number | undefined} value */
export function ratio(value) {
  return value === undefined ? '–' : `${value.toFixed(2)} ×`;
}

/** @param {import('./types.js').Summary} summary */
export function withRatio({ value, ratio: times }) {
  return times === undefined ? figure(value) : `${figure(value)} (${ratio(times)})`;
}

/** @param {number | undefined} share */
export function percent(share) {
  return share === undefined ? '–' : `${figure(share * 100)} %`;
}

/** A Markdown table; all columns but the first are numbers. @param {string[][]} rows the first one is the head */
export function table(rows) {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const written = rows.map((row) =>
    line(widths.map((width, column) => pad(row[column] ?? '', width, column === 0))),
  );
  const rule = line(
    widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  return [written[0], rule, ...written.slice(1)].join('\n');
}

/** @param {string[]} cells */
function line(cells) {
  return `| ${cells.join(' | ')} |`;
}

/** @param {string} cell @param {number} width @param {boolean} left */
function pad(cell, width, left) {
  return left ? cell.padEnd(width) : cell.padStart(width);
}
