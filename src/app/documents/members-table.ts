// The members of an object as a table.
import { html, type Markup, prose } from './markup.js';
import { nameOf, type Schema } from './schemas.js';

export function membersTable(schema: Schema): Markup | undefined {
  const rows = rowsOf(schema, '');
  return rows.length > 0
    ? html`<table>
        ${rows}
      </table>`
    : undefined;
}

/** @param path of the object whose members they are, with what stands between them */
function rowsOf({ properties = {}, required = [] }: Schema, path: string): Markup[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    // Of frames, the type is what the heading says.
    if (name === 'type' && schema.const) return [];
    const row = memberRow(path + name, schema, required.includes(name));
    if (schema.items) return [row, ...rowsOf(schema.items, `${path}${name}[].`)];
    return [row, ...rowsOf(schema, `${path}${name}.`)];
  });
}

/** @param required whether it is always there */
export function memberRow(name: string, schema: Schema, required: boolean): Markup {
  return html`<tr>
    <th scope="row"><code>${name}</code>${required ? '' : html` <small>optional</small>`}</th>
    <td>${typeOf(schema)}</td>
    <td>${prose(schema.description)} ${boundsOf(schema)}</td>
  </tr>`;
}

function typeOf(schema: Schema): Markup {
  const name = nameOf(schema);
  if (name !== undefined) return html`<a href="#${name}">${name}</a>`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum)
    return html`${joined(schema.enum.map((each) => html`<code>${JSON.stringify(each)}</code>`))}`;
  if (schema.anyOf) return html`${joined(schema.anyOf.map(typeOf))}`;
  if (schema.items) return html`list of ${typeOf(schema.items)}`;
  return html`${schema.type ?? 'any'}`;
}

function joined(parts: readonly Markup[]): Markup[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [html` or `, part]));
}

function boundsOf({ minimum, maximum, maxLength, pattern }: Schema): Markup {
  const bounds = [
    minimum !== undefined && `from ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `to ${maximum}`,
    maxLength !== undefined && `at most ${maxLength} characters`,
  ].filter((bound) => bound !== false);
  return html`<small>${bounds.join(', ')}${pattern !== undefined && html`<code>${pattern}</code>`}</small>`;
}
