// Checks the members of what clients send by the decorators of its class, compiled once into plain calls.
import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';
import { ChatError, type ErrorCode } from '../protocol/errors.js';

type Members = Readonly<Record<string, unknown>>;
export type CheckedClass = new () => object;
type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];
/** Whether one decorator of one member is content. */
type Check = (members: Members) => boolean;

/**
 * The decorators are the one definition of a command or request. class-validator interprets them anew for each
 * object, which costs more than all else that happens to a message; the same validators, called directly,
 * decide here, and only for what fails does class-validator itself say why.
 */
export class MemberCheck {
  /** The members that have a decorator. */
  readonly members: readonly string[];
  readonly #checks: readonly Check[];

  constructor(private readonly checked: CheckedClass) {
    const metadata = getMetadataStorage().getTargetValidationMetadatas(checked, '', true, false);
    this.members = [...new Set(metadata.map(({ propertyName }) => propertyName))];
    this.#checks = this.members.map((member) =>
      compileMember(metadata.filter(({ propertyName }) => propertyName === member)),
    );
  }

  /** @throws ChatError BAD_REQUEST or what the failing decorator names, with its message */
  verify(members: Members): void {
    for (const check of this.#checks) if (!check(members)) throw this.#explain(members);
  }

  /** What class-validator has to say of it. */
  #explain(members: Members): ChatError {
    const object = new this.checked() as Record<string, unknown>;
    for (const member of this.members) object[member] = members[member];
    const [error] = validateSync(object);
    return error ? asChatError(error) : new ChatError('BAD_REQUEST', 'A member is not valid');
  }
}

/** All checks of a member, unless its condition (Optional) says that none applies. */
function compileMember(metadata: readonly Metadata[]): Check {
  const conditions = metadata.filter(({ type }) => type === 'conditionalValidation').map(compileCondition);
  const checks = metadata.filter(({ type }) => type === 'customValidation').flatMap(compileValidators);
  return (members) => {
    for (const applies of conditions) if (!applies(members)) return true;
    for (const check of checks) if (!check(members)) return false;
    return true;
  };
}

function compileCondition({ constraints, propertyName }: Metadata): Check {
  const [condition] = constraints as [(object: Members, value: unknown) => boolean];
  return (members) => condition(members, members[propertyName]);
}

function compileValidators(metadata: Metadata): Check[] {
  const { constraints, constraintCls, propertyName, target } = metadata;
  const targetName = typeof target === 'string' ? target : target.name;
  return getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance }) => {
      // One for all calls: a validator of this kind is done with it when it returns.
      const context = {
        value: undefined as unknown,
        constraints,
        object: {},
        property: propertyName,
        targetName,
      };
      return (members) => {
        context.value = members[propertyName];
        context.object = members;
        return instance.validate(context.value, context) === true;
      };
    });
}

/** A check may name a code of its own in its context; one without it (the type's) goes first. */
function asChatError({ constraints = {}, contexts = {} }: ValidationError): ChatError {
  const names = Object.keys(constraints);
  const name = names.find((each) => !(each in contexts)) ?? names[0]!;
  const context = contexts[name] as { code: ErrorCode } | undefined;
  return new ChatError(context?.code ?? 'BAD_REQUEST', constraints[name]!);
}
