// Runs a connection's commands, and puts what they come to into frames of its dialect.
import type { Logger } from '@nestjs/common';
import type { Meter } from '../core/meter.js';
import { COMMANDS, type Request } from '../protocol/commands.js';
import type { Frame } from '../protocol/dialects/dialect.js';
import { ChatError } from '../protocol/errors.js';
import type { Emit } from './command-queue.js';
import type { CommandRouter, Outcome } from './command-router.js';
import type { WsConnection } from './ws-connection.js';

const TOO_MUCH = new ChatError('LIMIT_EXCEEDED', 'The answers to this batch have become too large');

export interface Answer {
  /** Undefined where the dialect has nothing to say to it. */
  readonly frame: Frame | undefined;
  /** To be called once the frame is on its way. */
  readonly afterwards?: (() => void) | undefined;
  /** Why the command failed. */
  readonly error?: ChatError;
}

export class CommandRunner {
  constructor(
    private readonly connection: WsConnection,
    private readonly context: {
      readonly router: CommandRouter;
      readonly logger: Logger;
      readonly meter: Meter;
    },
  ) {}

  /** The way of most commands, with as few promises as there can be. Never throws or rejects. */
  run(request: Request): Emit | Promise<Emit> {
    if (isAlone(request)) return this.attempt(request).then((answer) => this.#emit(answer));
    try {
      const outcome = this.context.router.dispatch(this.connection, request);
      if (!(outcome instanceof Promise)) return this.#emit(this.#answer(outcome, request));
      return outcome.then(
        (settled) => this.#emit(this.#answer(settled, request)),
        (cause) => this.#emit(this.fail(cause, request)),
      );
    } catch (cause) {
      return this.#emit(this.fail(cause, request));
    }
  }

  /** Never rejects. */
  async attempt(request: Request): Promise<Answer> {
    return this.#attempt(request, request);
  }

  /** Joins a room that the client has not asked for by a frame. Never rejects. */
  async join(room: string): Promise<Answer> {
    return this.#attempt({ type: 'SUBSCRIBE', ref: undefined, body: { room } }, undefined);
  }

  /** @param asked what the client is answered to */
  async #attempt(request: Request, asked: Request | undefined): Promise<Answer> {
    try {
      // Replies may be large: who does not read them is not asked for more.
      if (isAlone(request)) await this.connection.whenWritable();
      return this.#answer(await this.context.router.dispatch(this.connection, request), asked);
    } catch (cause) {
      return this.fail(cause, asked);
    }
  }

  /**
   * Runs what can run side by side so, and the rest in order; all are answered by one frame. What is left when the
   * answers have more than `maxBytes` is refused. Never rejects.
   */
  async runBatch(requests: readonly Request[], maxBytes: number): Promise<Emit> {
    const pending: Promise<Answer>[] = [];
    let bytes = 0;
    for (const request of requests) {
      const alone = isAlone(request);
      if (alone) bytes = sizeOf(await Promise.all(pending));
      const answer = bytes > maxBytes ? Promise.resolve(this.fail(TOO_MUCH, request)) : this.attempt(request);
      pending.push(answer);
      if (alone) await answer;
    }
    const answers = await Promise.all(pending);
    const frames = answers.flatMap(({ frame }) => frame ?? []);
    const afterwards = () => answers.forEach((answer) => answer.afterwards?.());
    const frame = frames.length > 0 ? this.connection.dialect.encodeBatch?.(frames) : undefined;
    return this.#emit({ frame, afterwards });
  }

  /** What a request that failed comes to. */
  fail(cause: unknown, asked: Request | undefined): Answer {
    const error = this.#asChatError(cause);
    this.context.meter.onError(error.code);
    return { frame: this.connection.dialect.encodeError(error, asked), error };
  }

  send({ frame, afterwards }: Answer): void {
    if (frame !== undefined) this.connection.send(frame);
    afterwards?.();
  }

  #emit(answer: Answer): Emit {
    return () => this.send(answer);
  }

  #answer(outcome: Outcome, asked: Request | undefined): Answer {
    const { dialect } = this.connection;
    if (!outcome || !('afterwards' in outcome)) return { frame: dialect.encodeReply(outcome, asked) };
    return { frame: dialect.encodeReply(outcome.reply, asked), afterwards: outcome.afterwards };
  }

  #asChatError(error: unknown): ChatError {
    if (error instanceof ChatError) return error;
    this.context.logger.error(`A command of connection ${this.connection.id} failed`, error);
    return new ChatError('INTERNAL', 'The server failed to handle this command');
  }
}

function isAlone({ type }: Request): boolean {
  return type !== undefined && COMMANDS[type].alone;
}

function sizeOf(answers: readonly Answer[]): number {
  return answers.reduce((sum, { frame }) => sum + (frame?.length ?? 0), 0);
}
