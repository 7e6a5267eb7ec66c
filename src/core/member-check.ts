// Checks the members of what clients send by the decorators of its class, compiled once into plain calls.
import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';
import { ChatError, type ErrorCode } from '../protocol/errors.js';

type Members = Readonly<Record<string, unknown>>;
export type CheckedClass = new () => object;
type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];
/** Whether one decorator of a member is content with its value. */
type Check = (value: unknown, members: Members) => boolean;

/** One member's decorators. */
interface CheckedMember {
  readonly name: string;
  /** Unless all of them hold (Optional), nothing is checked. */
  readonly conditions: readonly Check[];
  readonly checks: readonly Check[];
}

/**
 * The decorators are the one definition of a command or request. class-validator interprets them anew for each
 * object, which costs more than all else that happens to a message; the same validators, called directly,
 * decide here, and only for what fails does class-validator itself say why.
 */
export class MemberCheck {
  /** The members that have a decorator. */
  readonly members: readonly string[];
  readonly #checked: readonly CheckedMember[];

  constructor(private readonly checked: CheckedClass) {
    const metadata = getMetadataStorage().getTargetValidationMetadatas(checked, '', true, false);
    this.members = [...new Set(metadata.map(({ propertyName }) => propertyName))];
    this.#checked = this.members.map((name) => ({
      name,
      ...compileMember(metadata.filter(({ propertyName }) => propertyName === name)),
    }));
  }

  /** @throws ChatError BAD_REQUEST or what the failing decorator names, with its message */
  verify(members: Members): void {
    for (const member of this.#checked) if (!isSound(member, members)) throw this.#explain(members);
  }

  /** What class-validator has to say of it. */
  #explain(members: Members): ChatError {
    const object = new this.checked() as Record<string, unknown>;
    for (const member of this.members) object[member] = members[member];
    const [error] = validateSync(object);
    return error ? asChatError(error) : new ChatError('BAD_REQUEST', 'A member is not valid');
  }
}

function isSound({ name, conditions, checks }: CheckedMember, members: Members): boolean {
  const value = members[name];
  for (const applies of conditions) if (!applies(value, members)) return true;
  for (const check of checks) if (!check(value, members)) return false;
  return true;
}

function compileMember(metadata: readonly Metadata[]): Omit<CheckedMember, 'name'> {
  return {
    conditions: metadata.filter(({ type }) => type === 'conditionalValidation').map(compileCondition),
    checks: metadata.filter(({ type }) => type === 'customValidation').flatMap(compileValidators),
  };
}

function compileCondition({ constraints }: Metadata): Check {
  const [condition] = constraints as [(object: Members, value: unknown) => boolean];
  return (value, members) => condition(members, value);
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
      return (value, members) => {
        context.value = value;
        context.object = members;
        return instance.validate(value, context) === true;
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
