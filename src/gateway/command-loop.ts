// One connection's conversation: frames in, commands run in order, replies and errors out.
import type { Logger } from '@nestjs/common';
import { CloseCode } from '../protocol/close-codes.js';
import { COMMANDS, type CommandRef, type Request } from '../protocol/commands.js';
import { MalformedFrame } from '../protocol/dialects/dialect.js';
import { ChatError } from '../protocol/errors.js';
import type { Reply, Welcome } from '../protocol/events.js';
import { CommandQueue, type Emit } from './command-queue.js';
import type { WsConnection } from './ws-connection.js';

const MAX_STRIKES = 5;

/** What a command came to: its reply, and what is to happen once that is on its way. */
export interface Outcome {
  readonly reply: Reply;
  readonly afterwards?: () => void;
}

/** Runs the command named by its type; undefined when there is none. */
export type Dispatch = (type: string, body: Request['body']) => Promise<Outcome> | undefined;

export class CommandLoop {
  readonly #queue: CommandQueue;
  #greeted = false;
  #strikes = 0;
  #ended = false;

  constructor(
    private readonly connection: WsConnection,
    private readonly dispatch: Dispatch,
    private readonly welcome: Pick<Welcome, 'limits' | 'heartbeatMs'>,
    private readonly logger: Logger,
  ) {
    this.#queue = new CommandQueue(connection.socket);
  }

  start(): void {
    this.connection.socket.on('message', (data: Buffer, isBinary: boolean) => this.#onFrame(data, isBinary));
    if (this.connection.dialectKnown) this.#greet();
    const { room } = this.connection.handshake;
    if (room !== undefined) this.#queue.push(() => this.#joinPathRoom(room), { alone: true });
  }

  #onFrame(data: Buffer, isBinary: boolean): void {
    if (this.#ended || this.connection.closed) return;
    if (isBinary) return this.connection.close(CloseCode.UNSUPPORTED_DATA);
    try {
      this.#onRequest(this.connection.dialect.decode(data.toString()));
      this.#strikes = 0;
    } catch (error) {
      this.#onMalformed(error instanceof MalformedFrame ? error : new MalformedFrame('Unreadable frame'));
    }
  }

  #onRequest(request: Request): void {
    this.connection.decideDialect(this.connection.dialect);
    this.#greet();
    const alone = COMMANDS.get(request.type)?.alone ?? false;
    this.#queue.push(() => this.#run(request), { alone });
  }

  #onMalformed(error: MalformedFrame): void {
    this.#ended = ++this.#strikes >= MAX_STRIKES;
    const ends = this.#ended;
    const emit = () => {
      this.#sendError(error, error.ref);
      if (ends) this.connection.close(CloseCode.PROTOCOL_VIOLATION);
    };
    this.#queue.push(() => Promise.resolve(emit), { alone: false });
  }

  /** Goes out as soon as the dialect is known, before any reply in it. */
  #greet(): void {
    if (this.#greeted) return;
    this.#greeted = true;
    const { id, identity, dialect } = this.connection;
    const welcome: Welcome = { type: 'WELCOME', connectionId: id, user: identity, ...this.welcome };
    const emit = () => this.connection.send(dialect.encodeEvent(welcome));
    this.#queue.push(() => Promise.resolve(emit), { alone: false });
  }

  async #run({ type, ref, body }: Request): Promise<Emit> {
    try {
      const outcome = await this.dispatch(type, body);
      if (!outcome) throw new ChatError('UNKNOWN_TYPE', 'There is no command of this type');
      return () => {
        this.#sendReply(outcome.reply, ref);
        outcome.afterwards?.();
      };
    } catch (error) {
      return () => this.#sendError(error, ref);
    }
  }

  /** Nobody asked by a frame, so whoever can't be served is sent away to come back, rather than left waiting. */
  async #joinPathRoom(room: string): Promise<Emit> {
    try {
      const outcome = await this.dispatch('SUBSCRIBE', { room });
      return () => {
        if (outcome && this.#greeted) this.#sendReply(outcome.reply, undefined);
        outcome?.afterwards?.();
      };
    } catch (error) {
      return () => {
        this.#sendError(error, undefined);
        this.connection.close(CloseCode.INTERNAL_ERROR);
      };
    }
  }

  #sendReply(reply: Reply, ref: CommandRef | undefined): void {
    const frame = this.connection.dialect.encodeReply(reply, ref);
    if (frame !== undefined) this.connection.send(frame);
  }

  #sendError(error: unknown, ref: CommandRef | undefined): void {
    this.connection.send(this.connection.dialect.encodeError(this.#asChatError(error), ref));
  }

  #asChatError(error: unknown): ChatError {
    if (error instanceof ChatError) return error;
    this.logger.error(`A command of connection ${this.connection.id} failed`, error);
    return new ChatError('INTERNAL', 'The server failed to handle this command');
  }
}
