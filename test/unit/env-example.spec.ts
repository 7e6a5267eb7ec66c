// What .env.example and the README say of the environment variables: all of them, each with its default.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { validateEnvironment } from '../../src/app/configuration.js';
import { Environment } from '../../src/app/environment.js';

const MIB = 1024 * 1024;

const defaults = new Environment();
const names = Object.keys(defaults) as (keyof Environment)[];

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** Whether there is a default to be told; an empty list is as good as none. */
function hasDefault(name: keyof Environment): boolean {
  const value = defaults[name];
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

function codeIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);
}

/** The value of a variable which is set to `text`. */
function valueOf(name: keyof Environment, text: string): unknown {
  const mib = /^(\d+) MiB$/.exec(text)?.[1];
  return validateEnvironment({ [name]: mib === undefined ? text : String(Number(mib) * MIB) })[name];
}

describe('.env.example', () => {
  const lines = read('.env.example').split('\n');
  const entries = lines.flatMap((line): [string, string][] => {
    const [, name, text] = /^# ([A-Z][A-Z_]*)=(\S*)$/.exec(line) ?? [];
    return name === undefined || text === undefined ? [] : [[name, text]];
  });

  it('has every variable once, and no other', () => {
    expect(entries.map(([name]) => name).toSorted()).toEqual(names.toSorted());
  });

  it('sets none of them', () => {
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });

  it.each(names)('has the default of %s', (name) => {
    const text = entries.find(([entry]) => entry === name)?.[1] ?? 'missing';
    expect(text !== '').toBe(hasDefault(name));
    expect(valueOf(name, text)).toEqual(defaults[name]);
  });
});

describe('the table in README.md', () => {
  const rows = read('README.md')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, variables]) => /^`[A-Z_]+`/.test(variables ?? ''));

  /** The default of each variable as text: where only some of a row have one, these are named. */
  const shown = new Map(
    rows.flatMap(([, variables, cell = '']) => {
      const texts = cell.replaceAll('`', '').split(', ');
      return codeIn(variables).map((name, index): [string, string] => {
        const named = texts.find((text) => text.startsWith(`${name}=`));
        const text = texts.some((each) => each.includes('=')) ? named?.slice(name.length + 1) : texts[index];
        return [name, text ?? ''];
      });
    }),
  );

  it('has every variable, and no other', () => {
    expect([...shown.keys()].toSorted()).toEqual(names.toSorted());
  });

  it.each(names)('has the default of %s', (name) => {
    const text = shown.get(name) ?? 'missing';
    expect(text !== '').toBe(hasDefault(name));
    expect(valueOf(name, text)).toEqual(defaults[name]);
  });
});
