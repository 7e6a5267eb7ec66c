// HTML as text: what is put into a template is escaped, unless it is markup itself.

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | undefined | false | readonly Part[];

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, index) => text + textOf(parts[index])).join(''));
}

/** Text in which what stands in backticks is code. */
export function prose(text: string | undefined): Markup {
  const pieces = (text ?? '').split('`');
  return new Markup(
    pieces.map((piece, index) => (index % 2 ? `<code>${escape(piece)}</code>` : escape(piece))).join(''),
  );
}

/** JSON, in one line where that is short. */
export function json(value: unknown): Markup {
  const line = JSON.stringify(value);
  const text = line.length <= 76 ? line : JSON.stringify(value, undefined, 2);
  return html`<pre><code>${text}</code></pre>`;
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  return typeof part === 'object' ? part.map(textOf).join('') : escape(String(part));
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
