// Checks of requests, by the same means as those of commands: body, query, path.
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type CheckedClass, MemberCheck } from '../core/member-check.js';
import { defectOf } from '../protocol/dialects/json.js';
import { ChatError } from '../protocol/errors.js';
import { isRoomId } from '../protocol/room.js';

type Members = Record<string, unknown>;

const INTEGER = /^(0|-?[1-9]\d{0,14})$/;
/** Metadata which TypeScript leaves at a member with a decorator. */
const MEMBER_TYPE = 'design:type';

/** A JSON object of at most 8 levels, well-formed, with the members of its class. */
export class BodyPipe implements PipeTransform<unknown, object> {
  readonly #check: MemberCheck;

  constructor(body: CheckedClass) {
    this.#check = new MemberCheck(body);
  }

  /** @throws ChatError BAD_REQUEST */
  transform(body: unknown): object {
    if (!isObject(body)) throw new ChatError('BAD_REQUEST', 'The body must be a JSON object');
    const defect = defectOf(body);
    if (defect !== undefined) throw new ChatError('BAD_REQUEST', defect);
    this.#check.verify(body);
    return body;
  }
}

/** The parameters of a class and no others: one that is misspelt would otherwise get another page than was meant. */
export class QueryPipe implements PipeTransform<Members, object> {
  readonly #check: MemberCheck;

  constructor(private readonly query: CheckedClass) {
    this.#check = new MemberCheck(query);
  }

  /** Text of a number becomes one. @throws ChatError BAD_REQUEST, BAD_ROOM */
  transform(texts: Members): object {
    const members: Members = {};
    for (const [name, text] of Object.entries(texts)) {
      if (!this.#check.members.includes(name)) {
        const known = this.#check.members.join(', ');
        throw new ChatError('BAD_REQUEST', `The parameters of this query are: ${known}`);
      }
      members[name] = this.#isNumber(name) && INTEGER.test(String(text)) ? Number(text) : text;
    }
    this.#check.verify(members);
    return members;
  }

  #isNumber(name: string): boolean {
    return Reflect.getMetadata(MEMBER_TYPE, this.query.prototype as object, name) === Number;
  }
}

@Injectable()
export class RoomPipe implements PipeTransform<string, string> {
  /** @throws ChatError BAD_ROOM */
  transform(room: string): string {
    if (!isRoomId(room)) throw new ChatError('BAD_ROOM', 'This is not a room id');
    return room;
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
