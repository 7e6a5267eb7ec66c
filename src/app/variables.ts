// Decorators for environment variables: each turns text into a value and names the variable when it is wrong.
import { accessSync, constants } from 'node:fs';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsInt, Max, Min, ValidateBy } from 'class-validator';
import { publicTokenKey } from '../auth/token-keys.js';
import { isRoomId } from '../protocol/room.js';

const MAX_ROOMS_LISTED = 50;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `24h`, `7d`, `500ms`; a bare number is seconds. The value is ms. */
export function IsDuration(min: number, max: number): PropertyDecorator {
  return (target, name) => {
    const message = `${String(name)} must be a duration such as 30s, 24h or 7d, from ${min} ms to ${max} ms`;
    Transform(({ value }) => (typeof value === 'number' ? value : durationOf(String(value))))(target, name);
    Min(min, { message })(target, name);
    Max(max, { message })(target, name);
  };
}

/** Anything that is no duration becomes NaN, which fails every comparison. */
function durationOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2] ?? 's']! : Number.NaN;
}

export function IsIntFrom(min: number, max: number): PropertyDecorator {
  return (target, name) => {
    Type(() => Number)(target, name);
    for (const decorate of [IsInt(), Min(min), Max(max)]) decorate(target, name);
  };
}

/** `true` or `false`. */
export function IsFlag(): PropertyDecorator {
  return (target, name) => {
    Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value))(target, name);
    IsBoolean({ message: `${String(name)} must be true or false` })(target, name);
  };
}

/** Entries separated by commas; the value is an array. */
export function IsList(): PropertyDecorator {
  return Transform(({ value }) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((entry) => entry.trim())
          .filter(Boolean)
      : value,
  );
}

/** The PEM of a key that verifies tokens; line ends may be written as \n. */
export function IsPublicKey(): PropertyDecorator {
  return (target, name) => {
    const message = `${String(name)} must be the PEM of a public key: RSA from 2048 bits, P-256, P-384, P-521 or Ed25519`;
    const validator = { validate: isPublicKey, defaultMessage: () => message };
    Transform(({ value }) => (typeof value === 'string' ? value.replaceAll('\\n', '\n') : value))(
      target,
      name,
    );
    ValidateBy({ name: 'isPublicKey', validator })(target, name);
  };
}

function isPublicKey(value: unknown): boolean {
  try {
    publicTokenKey(String(value));
    return true;
  } catch {
    return false;
  }
}

/** Room ids separated by commas, at most 50: the counts of all are asked for at once. */
export function IsRoomList(): PropertyDecorator {
  return (target, name) => {
    const message = `${String(name)} must be at most ${MAX_ROOMS_LISTED} names of rooms, separated by commas`;
    const validator = { validate: isRoomList, defaultMessage: () => message };
    IsList()(target, name);
    ValidateBy({ name: 'isRoomList', validator })(target, name);
  };
}

function isRoomList(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MAX_ROOMS_LISTED && value.every(isRoomId);
}

/** `nats://` or `tls://`, or several of them separated by commas. */
export function IsNatsUrl(): PropertyDecorator {
  return (target, name) => {
    const message = `${String(name)} must be a nats:// or tls:// URL, or several separated by commas`;
    const validator = { validate: isNatsUrl, defaultMessage: () => message };
    ValidateBy({ name: 'isNatsUrl', validator })(target, name);
  };
}

function isNatsUrl(value: unknown): boolean {
  return String(value)
    .split(',')
    .map((text) => text.trim())
    .every((text) => /^(nats|tls):\/\/./.test(text) && URL.canParse(text) && new URL(text).hostname !== '');
}

export function IsReadableFile(): PropertyDecorator {
  return (target, name) => {
    const message = `${String(name)} must be the name of a file that can be read`;
    const validator = { validate: isReadableFile, defaultMessage: () => message };
    ValidateBy({ name: 'isReadableFile', validator })(target, name);
  };
}

function isReadableFile(value: unknown): boolean {
  try {
    accessSync(String(value), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Entries as browsers send them in Origin, or `*`: one that is written another way would never match. */
export function IsOriginList(): PropertyDecorator {
  return (target, name) => {
    const message = `${String(name)} must be origins such as https://chat.example.com, separated by commas, or *`;
    const validator = { validate: isOriginList, defaultMessage: () => message };
    IsList()(target, name);
    ValidateBy({ name: 'isOriginList', validator })(target, name);
  };
}

function isOriginList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry: string) => entry === '*' || isOrigin(entry));
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && !text.includes('*');
}
