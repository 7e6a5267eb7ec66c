// Checks of commands and requests which class-validator does not have.
import { Matches, registerDecorator, ValidateIf } from 'class-validator';
import type { ErrorCode } from '../protocol/errors.js';
import { isRoomId } from '../protocol/room.js';

/** The member may be missing; unlike with IsOptional, null is not taken for missing. */
export function Optional(): PropertyDecorator {
  return ValidateIf((_command, value) => value !== undefined);
}

export function IsRoomId(): PropertyDecorator {
  const context: { code: ErrorCode } = { code: 'BAD_ROOM' };
  return check('isRoomId', (value) => typeof value !== 'string' || isRoomId(value), {
    message: '$property must start with a letter or digit, followed by at most 127 of A-Z a-z 0-9 _ . : @ -',
    context,
  });
}

/** No control characters: brokers put it into keys and headers. */
export function IsMessageId(): PropertyDecorator {
  return Matches(/^[^\p{Cc}]{1,64}$/u, {
    message: 'messageId must have 1 to 64 characters, none of them a control character',
  });
}

/** `{epoch, offset, messageId?}` */
export function IsPosition(): PropertyDecorator {
  return check('isPosition', isPosition, {
    message: 'since must be {"epoch": string, "offset": integer from 0, "messageId"?: string}',
  });
}

/** `{id, name?}`: as the claims `sub` and `name` of a token. */
export function IsSender(): PropertyDecorator {
  return check('isSender', isSender, {
    message:
      'sender must be {"id": 1 to 128 characters, "name"?: 1 to 64 characters}, none of them a control character',
  });
}

function isSender(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name } = value as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    /^[^\p{Cc}]{1,128}$/u.test(id) &&
    (name === undefined || (typeof name === 'string' && /^[^\p{Cc}]{1,64}$/u.test(name)))
  );
}

function isPosition(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, offset, messageId } = value as Record<string, unknown>;
  return (
    typeof epoch === 'string' &&
    Number.isSafeInteger(offset) &&
    (offset as number) >= 0 &&
    (messageId === undefined || typeof messageId === 'string')
  );
}

function check(
  name: string,
  validate: (value: unknown) => boolean,
  options: { message: string; context?: object },
): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(propertyName),
      options,
      validator: { validate },
    });
  };
}
