// Bar charts as SVG, readable on light and on dark pages.

/** @typedef {import('./types.js').Panel} Panel */
/** @typedef {import('./types.js').Bar} Bar */

const WIDTH = 720;
const LABELS = 120;
const BARS = 400;
const ROW = 26;
const THICKNESS = 16;
const HEADING = 34;
const MARGIN = 16;

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2933; }
    .title { font-weight: 600; }
    .own { fill: #2563eb; }
    .other { fill: #a8b3c1; }
    .inner { fill: #1f2933; opacity: 0.35; }
    .range { stroke: #1f2933; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e4e7eb; }
      .own { fill: #5b9bff; }
      .other { fill: #616e7c; }
      .inner { fill: #ffffff; }
      .range { stroke: #e4e7eb; }
    }
  `;

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** @param {Bar} bar @param {number} top @param {number} scale pixels per unit */
function drawBar(bar, top, scale) {
  const middle = top + THICKNESS / 2;
  const left = MARGIN + LABELS;
  const width = (/** @type {number} */ value) => Math.max(1, value * scale).toFixed(1);
  const rectangle = (/** @type {string} */ kind, /** @type {number} */ value) =>
    `<rect class="${kind}" x="${left}" y="${top}" width="${width(value)}" height="${THICKNESS}" rx="2"/>`;
  const parts = [
    `<text x="${left - 8}" y="${middle + 4.5}" text-anchor="end">${escape(bar.label)}</text>`,
    rectangle(bar.own ? 'own' : 'other', bar.value),
  ];
  if (bar.inner !== undefined) parts.push(rectangle('inner', bar.inner));
  let end = bar.value;
  if (bar.low !== undefined && bar.high !== undefined && bar.high > bar.low) {
    const [from, to] = [bar.low, bar.high].map((value) => (left + value * scale).toFixed(1));
    parts.push(`<line class="range" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>`);
    end = bar.high;
  }
  const after = (left + Math.max(1, end * scale) + 8).toFixed(1);
  parts.push(`<text x="${after}" y="${middle + 4.5}">${escape(bar.text)}</text>`);
  return parts.map((part) => `  ${part}`).join('\n');
}

/** @param {Panel} panel @param {number} top */
function drawPanel({ title, bars }, top) {
  const longest = Math.max(...bars.map(({ value, high }) => Math.max(value, high ?? 0)), Number.MIN_VALUE);
  const heading = `  <text class="title" x="${MARGIN}" y="${top + 20}">${escape(title)}</text>`;
  const drawn = bars.map((bar, index) => drawBar(bar, top + HEADING + index * ROW, BARS / longest));
  return [heading, ...drawn].join('\n');
}

/** @param {string} label for those who can't see it @param {Panel[]} panels */
export function chart(label, panels) {
  let top = MARGIN / 2;
  const drawn = panels.map((panel) => {
    const svg = drawPanel(panel, top);
    top += HEADING + panel.bars.length * ROW + MARGIN / 2;
    return svg;
  });
  const height = top + MARGIN / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(label)}">
  <style>${STYLE}</style>
${drawn.join('\n')}
</svg>
`;
}
