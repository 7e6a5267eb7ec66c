// One connection's conversation: frames in, commands run in order, replies and errors out.
import type { Logger } from '@nestjs/common';
import { tell } from '../core/connection.js';
import type { Meter } from '../core/meter.js';
import { CloseCode } from '../protocol/close-codes.js';
import { COMMANDS, type CommandRef, type Request } from '../protocol/commands.js';
import { MalformedFrame } from '../protocol/dialects/dialect.js';
import { ChatError } from '../protocol/errors.js';
import type { Reply, Welcome } from '../protocol/events.js';
import { CommandQueue, type Emit } from './command-queue.js';
import type { CommandRouter, Outcome } from './command-router.js';
import { FloodGuard } from './flood-guard.js';
import type { GatewayOptions } from './gateway-options.js';
import type { WsConnection } from './ws-connection.js';

const MAX_STRIKES = 5;
const NOTHING: Emit = () => undefined;

export class CommandLoop {
  readonly #queue: CommandQueue;
  readonly #guard: FloodGuard;
  #greeted = false;
  #strikes = 0;
  /** The connection is about to be closed: what still comes is not read. */
  #ended = false;
  /** AUTH has come: what follows it waits for its outcome. */
  #authAsked = false;
  /** It is cut for flooding, and not read any more. */
  #deaf = false;

  constructor(
    private readonly connection: WsConnection,
    private readonly router: CommandRouter,
    private readonly options: GatewayOptions,
    private readonly diagnostics: { readonly logger: Logger; readonly meter: Meter },
  ) {
    const { socket } = connection;
    this.#queue = new CommandQueue({
      pause: () => socket.pause(),
      resume: () => this.#deaf || socket.resume(),
    });
    this.#guard = new FloodGuard(options.commandRate, options.joinRate, performance.now());
  }

  start(): void {
    const { socket } = this.connection;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#onFrame(data, isBinary));
    for (const type of ['ping', 'pong']) socket.on(type, () => this.#onControlFrame());
    this.connection.onFinish((code) => this.#finish(code));
    if (this.connection.admitted) this.#onAdmitted();
  }

  /** Once it is known who the client is. */
  #onAdmitted(): void {
    if (this.connection.dialectKnown) this.#greet();
    const { room } = this.connection.handshake;
    if (room !== undefined) this.#queue.push(() => this.#joinPathRoom(room), { alone: true });
  }

  #onFrame(data: Buffer, isBinary: boolean): void {
    if (this.#ended || this.connection.closed) return;
    if (isBinary) return this.connection.close(CloseCode.UNSUPPORTED_DATA);
    const refusal = this.#guard.frame(performance.now());
    try {
      const request = this.connection.dialect.decode(data.toString());
      this.#strikes = 0;
      if (refusal) this.#refuse(refusal, request.ref);
      else this.#onRequest(request);
    } catch (error) {
      if (refusal) this.#refuse(refusal, undefined);
      else
        this.#onMalformed(error instanceof MalformedFrame ? error : new MalformedFrame('Unreadable frame'));
    }
  }

  /** They cost as well; there is no answer to refuse, but who keeps on is cut. */
  #onControlFrame(): void {
    this.#guard.frame(performance.now());
    if (!this.#guard.exhausted || this.#deaf) return;
    this.connection.close(CloseCode.FLOODING);
    this.#stopReading();
  }

  /** Until the close timeout its flood stays with the peer: reading on would cost as much as serving it. */
  #stopReading(): void {
    this.#deaf = true;
    this.connection.socket.pause();
  }

  #onRequest(request: Request): void {
    const { type, ref } = request;
    this.connection.decideDialect(this.connection.dialect);
    if (type === 'AUTH') {
      this.#authAsked = true;
      return this.#queue.push(() => this.#authenticate(request), { alone: true });
    }
    if (!this.connection.admitted && !this.#authAsked) {
      return this.#reject(
        new ChatError('UNAUTHENTICATED', 'Send AUTH first'),
        ref,
        CloseCode.PROTOCOL_VIOLATION,
      );
    }
    if (this.connection.admitted) this.#greet();
    const refusal = type === 'SUBSCRIBE' ? this.#guard.join(performance.now()) : undefined;
    if (refusal) return this.#refuse(refusal, ref);
    this.#queue.push(() => this.#run(request), { alone: COMMANDS.get(type)?.alone ?? false });
  }

  #onMalformed(error: MalformedFrame): void {
    const ends = ++this.#strikes >= MAX_STRIKES;
    this.#reject(error, error.ref, ends ? CloseCode.PROTOCOL_VIOLATION : undefined);
  }

  #refuse(refusal: ChatError, ref: CommandRef | undefined): void {
    const { exhausted } = this.#guard;
    this.#reject(refusal, ref, exhausted ? CloseCode.FLOODING : undefined);
    if (exhausted) this.#stopReading();
  }

  /** Answers with an error in its turn; with a close code, it is the connection's last word. */
  #reject(error: ChatError, ref: CommandRef | undefined, code: CloseCode | undefined): void {
    this.#ended ||= code !== undefined;
    const emit = () => {
      this.#sendError(error, ref);
      if (code !== undefined) this.connection.close(code);
    };
    this.#queue.push(() => emit, { alone: false });
  }

  #finish(code: CloseCode): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.push(() => () => this.connection.close(code), { alone: true });
  }

  /** Goes out as soon as the client and its dialect are known, before any reply. */
  #greet(): void {
    if (this.#greeted) return;
    this.#greeted = true;
    this.#queue.push(() => () => this.#sendWelcome(), { alone: false });
  }

  #sendWelcome(): void {
    const { id, session } = this.connection;
    const { maxFrameBytes, maxRooms, heartbeatMs } = this.options;
    const limits = { maxFrameBytes, maxRooms };
    const welcome: Welcome = { type: 'WELCOME', connectionId: id, user: session.user, limits, heartbeatMs };
    tell(this.connection, welcome);
  }

  /** A token that fails ends a connection which has no other; one which has keeps it. */
  async #authenticate(request: Request): Promise<Emit> {
    const wasAdmitted = this.connection.admitted;
    const { emit, error } = await this.#attempt(request);
    if (wasAdmitted) {
      return () => {
        if (!this.#greeted) this.#sendWelcome();
        this.#greeted = true;
        emit();
      };
    }
    return () => {
      if (this.connection.admitted) {
        this.#greeted = true;
        this.#sendWelcome();
      }
      emit();
      if (this.connection.admitted) this.#onAdmitted();
      else this.connection.close(error?.retryable ? CloseCode.INTERNAL_ERROR : CloseCode.UNAUTHENTICATED);
    };
  }

  #run(request: Request): Emit | Promise<Emit> {
    // The AUTH before it has failed, and the connection is closing.
    if (!this.connection.admitted) return NOTHING;
    if (COMMANDS.get(request.type)?.alone) return this.#attempt(request).then(({ emit }) => emit);
    try {
      const outcome = this.router.dispatch(this.connection, request);
      if (!(outcome instanceof Promise)) return this.#answer(outcome, request.ref);
      return outcome.then(
        (settled) => this.#answer(settled, request.ref),
        (cause) => this.#answerError(cause, request.ref),
      );
    } catch (cause) {
      return this.#answerError(cause, request.ref);
    }
  }

  async #attempt(request: Request): Promise<{ emit: Emit; error?: ChatError }> {
    try {
      // Replies may be large: who does not read them is not asked for more.
      if (COMMANDS.get(request.type)?.alone) await this.connection.whenWritable();
      return { emit: this.#answer(await this.router.dispatch(this.connection, request), request.ref) };
    } catch (cause) {
      const error = this.#asChatError(cause);
      return { emit: () => this.#sendError(error, request.ref), error };
    }
  }

  #answer(outcome: Outcome, ref: CommandRef | undefined): Emit {
    return () => {
      if (outcome.reply) this.#sendReply(outcome.reply, ref);
      outcome.afterwards?.();
    };
  }

  #answerError(cause: unknown, ref: CommandRef | undefined): Emit {
    const error = this.#asChatError(cause);
    return () => this.#sendError(error, ref);
  }

  /** Nobody asked by a frame, so whoever can't be served is sent away to come back, rather than left waiting. */
  async #joinPathRoom(room: string): Promise<Emit> {
    try {
      const outcome = await this.router.dispatch(this.connection, { type: 'SUBSCRIBE', body: { room } });
      return () => {
        if (outcome.reply && this.#greeted) this.#sendReply(outcome.reply, undefined);
        outcome.afterwards?.();
      };
    } catch (error) {
      const forbidden = error instanceof ChatError && !error.retryable;
      return () => {
        this.#sendError(error, undefined);
        this.connection.close(forbidden ? CloseCode.UNAUTHENTICATED : CloseCode.INTERNAL_ERROR);
      };
    }
  }

  #sendReply(reply: Reply, ref: CommandRef | undefined): void {
    const frame = this.connection.dialect.encodeReply(reply, ref);
    if (frame !== undefined) this.connection.send(frame);
  }

  #sendError(error: unknown, ref: CommandRef | undefined): void {
    const chatError = this.#asChatError(error);
    this.diagnostics.meter.onError(chatError.code);
    this.connection.send(this.connection.dialect.encodeError(chatError, ref));
  }

  #asChatError(error: unknown): ChatError {
    if (error instanceof ChatError) return error;
    this.diagnostics.logger.error('A command failed', error, this.connection.logFields);
    return new ChatError('INTERNAL', 'The server failed to handle this command');
  }
}
