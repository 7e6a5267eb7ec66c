// Finds the gateway's methods by their decorators, and calls them without anything in between.
import { type CheckedClass, MemberCheck } from '../core/member-check.js';
import type { CommandType, Request } from '../protocol/commands.js';
import { ChatError } from '../protocol/errors.js';
import type { Reply } from '../protocol/events.js';
import type { WsConnection } from './ws-connection.js';

/** A reply, and what is to happen once it is on its way. */
interface FollowedUp {
  readonly reply: Reply;
  readonly afterwards: () => void;
}

/** What a command came to; undefined where there is nothing to say. */
export type Outcome = Reply | FollowedUp | undefined;

type Method = (connection: WsConnection, command: object) => Outcome | Promise<Outcome>;

/** Metadata which `@SubscribeMessage` and TypeScript leave at a method. */
const MESSAGE = 'message';
const PARAMETER_TYPES = 'design:paramtypes';

/**
 * Nest would run each frame through RxJS, pipes and interceptors. A gateway's method takes the connection and,
 * if it wants one, the command; the class of that second parameter says how the command is checked.
 */
export class CommandRouter {
  readonly #routes = new Map<CommandType, { method: Method; check: MemberCheck | undefined }>();

  /** @param gateways instances of classes with `@SubscribeMessage` methods */
  constructor(...gateways: readonly object[]) {
    for (const gateway of gateways) this.#add(gateway);
  }

  /** @throws ChatError what the request's dialect or the check finds, or what the method throws */
  dispatch(connection: WsConnection, request: Request): Outcome | Promise<Outcome> {
    if (request.type === undefined) throw request.refusal;
    const route = this.#routes.get(request.type);
    if (!route) throw new ChatError('UNKNOWN_TYPE', 'There is no command of this type');
    route.check?.verify(request.body);
    return route.method(connection, request.body);
  }

  #add(gateway: object): void {
    for (const { type, method, command } of commandsOf(Object.getPrototypeOf(gateway) as object)) {
      this.#routes.set(type, { method: method.bind(gateway), check: command && new MemberCheck(command) });
    }
  }
}

/** The commands of a gateway's class, with the class that says how each is checked, if it has members. */
export function commandsOf(
  prototype: object,
): { type: CommandType; method: Method; command: CheckedClass | undefined }[] {
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const method: unknown = (prototype as Record<string, unknown>)[name];
    const type: unknown = typeof method === 'function' && Reflect.getMetadata(MESSAGE, method);
    if (typeof type !== 'string') return [];
    const [, command] = Reflect.getMetadata(PARAMETER_TYPES, prototype, name) as [unknown, CheckedClass?];
    return [{ type: type as CommandType, method: method as Method, command }];
  });
}
