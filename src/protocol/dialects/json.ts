// Reading JSON that strangers send: bounded depth, well-formed strings, finite numbers.
import { MalformedFrame } from './dialect.js';

const MAX_DEPTH = 8;

/**
 * Parses a frame which must be one JSON object.
 *
 * JSON itself lets through lone surrogates and numbers beyond a double's range; both would silently change
 * on their way to the other members, so they are refused here.
 *
 * @throws MalformedFrame
 */
export function parseObject(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (!isObject(value)) throw new MalformedFrame('The frame must be a JSON object');
  return value;
}

/** The same, and nothing in it is too deep or would change on its way. @throws MalformedFrame */
export function parseSoundObject(text: string): Record<string, unknown> {
  const value = parseObject(text);
  const defect = defectOf(value);
  if (defect !== undefined) throw new MalformedFrame(defect);
  return value;
}

/** Anything JSON can be. @throws MalformedFrame */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedFrame('The frame is not valid JSON', { syntax: true });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with a parsed value, or undefined. `depth` is the level which `value` stands on, from 1. */
export function defectOf(value: unknown, depth = 1): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : 'Strings must be well-formed Unicode';
    case 'number':
      return Number.isFinite(value) ? undefined : 'Numbers must be finite';
    case 'object':
      return value === null ? undefined : defectInside(value, depth);
    default:
      return undefined;
  }
}

function defectInside(container: object, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `JSON may be at most ${MAX_DEPTH} levels deep`;
  const members = container as Readonly<Record<string, unknown>>;
  // What was parsed has no enumerable members but its own.
  for (const key in members) {
    if (!key.isWellFormed()) return 'Strings must be well-formed Unicode';
    const defect = defectOf(members[key], depth + 1);
    if (defect !== undefined) return defect;
  }
  return undefined;
}
