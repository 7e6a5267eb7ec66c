// Turns a frame's members into a checked command.
import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';
import { ChatError, type ErrorCode } from '../protocol/errors.js';

/**
 * Copies only the members which the command's class declares, so that nothing a client adds (`__proto__`
 * among it) ever gets near an object of ours; then lets class-validator judge them.
 */
@Injectable()
export class CommandPipe implements PipeTransform<Record<string, unknown>, object> {
  readonly #members = new Map<Type<object>, readonly string[]>();

  /** @throws ChatError BAD_REQUEST, BAD_ROOM */
  transform(body: Record<string, unknown>, { metatype }: ArgumentMetadata): object {
    const command = new (metatype as Type<Record<string, unknown>>)();
    for (const member of this.#membersOf(metatype as Type<object>)) {
      if (body[member] !== undefined) command[member] = body[member];
    }
    const [error] = validateSync(command);
    if (error) throw asChatError(error);
    return command;
  }

  #membersOf(metatype: Type<object>): readonly string[] {
    const known = this.#members.get(metatype);
    if (known) return known;
    const checks = getMetadataStorage().getTargetValidationMetadatas(metatype, '', true, false);
    const members = [...new Set(checks.map(({ propertyName }) => propertyName))];
    this.#members.set(metatype, members);
    return members;
  }
}

/** A check may name a code of its own in its context; one without it (the type's) goes first. */
function asChatError({ constraints = {}, contexts = {} }: ValidationError): ChatError {
  const names = Object.keys(constraints);
  const name = names.find((each) => !(each in contexts)) ?? names[0]!;
  const context = contexts[name] as { code: ErrorCode } | undefined;
  return new ChatError(context?.code ?? 'BAD_REQUEST', constraints[name]!);
}
