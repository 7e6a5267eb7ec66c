// One connection's conversation: frames in, commands run in order, replies and errors out.
import type { Logger } from '@nestjs/common';
import { tell } from '../core/connection.js';
import type { Meter } from '../core/meter.js';
import { CloseCode } from '../protocol/close-codes.js';
import { COMMANDS, type CommandType, type Request } from '../protocol/commands.js';
import { MalformedFrame } from '../protocol/dialects/dialect.js';
import { dialectOfFrame } from '../protocol/dialects/select.js';
import { ChatError } from '../protocol/errors.js';
import type { Welcome } from '../protocol/events.js';
import type { LobbyService } from '../rooms/lobby.service.js';
import { CommandQueue, type Emit } from './command-queue.js';
import type { CommandRouter } from './command-router.js';
import { CommandRunner } from './command-runner.js';
import type { ConnectionServer } from './connection-host.js';
import { FloodGuard } from './flood-guard.js';
import { FrameIntake, type FrameReader, type Paces } from './frame-intake.js';
import type { GatewayOptions } from './gateway-options.js';
import type { WsConnection } from './ws-connection.js';

const MAX_STRIKES = 5;
/** What comes of a command when the AUTH before it has failed, and the connection is closing. */
const NOTHING: Emit = () => undefined;
const JOINING: ReadonlySet<CommandType | undefined> = new Set<CommandType>(['SUBSCRIBE', 'ENTER']);

/** What the loops of all connections share. */
export interface LoopContext {
  readonly router: CommandRouter;
  readonly lobby: LobbyService;
  readonly options: GatewayOptions;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly paces: Paces;
}

export class CommandLoop implements FrameReader, ConnectionServer {
  readonly #intake: FrameIntake;
  readonly #queue: CommandQueue;
  readonly #runner: CommandRunner;
  readonly #guard: FloodGuard;
  #greeted = false;
  #welcomed = false;
  /** The room it joins by itself is joined, or about to be. */
  #seated = false;
  #strikes = 0;
  /** The connection is about to be closed: what still comes is not read. */
  #ended = false;
  /** AUTH has come: what follows it waits for its outcome. */
  #authAsked = false;

  constructor(
    private readonly connection: WsConnection,
    private readonly context: LoopContext,
  ) {
    const { commandRate, joinRate } = context.options;
    this.#intake = new FrameIntake(this, connection.socket, context.paces);
    this.#queue = new CommandQueue(this.#intake);
    this.#runner = new CommandRunner(connection, context);
    this.#guard = new FloodGuard(commandRate, joinRate);
  }

  start(): void {
    this.connection.serveBy(this);
    this.#settle();
  }

  onClosed(): void {
    this.context.lobby.leave(this.connection);
  }

  /** Does what follows from who the client is and from what it speaks, whenever one of them has become known. */
  #settle(): void {
    const { admitted, dialect, dialectKnown, handshake } = this.connection;
    if (!admitted) return;
    if (dialectKnown) this.#greet();
    if (handshake.lobby) {
      if (dialect.hearsLobby) this.context.lobby.enter(this.connection);
      else this.context.lobby.leave(this.connection);
    }
    const room = handshake.room ?? dialect.home;
    if (room === undefined || this.#seated) return;
    this.#seated = true;
    this.#queue.pushAlone(() => this.#joinByItself(room));
  }

  onFrame(data: Buffer, isBinary: boolean): void {
    this.#intake.onFrame(data, isBinary);
  }

  get hasty(): boolean {
    return this.#guard.hasty(performance.now());
  }

  readFrame(data: Buffer, isBinary: boolean): void {
    if (this.#ended || this.connection.closed) return;
    if (isBinary) return this.connection.close(CloseCode.UNSUPPORTED_DATA);
    const refusal = this.#guard.frame(performance.now());
    const text = data.toString();
    if (!this.connection.dialectKnown) this.#decideDialect(text);
    try {
      const decoded = this.connection.dialect.decode(text);
      this.#strikes = 0;
      if (!('type' in decoded)) this.#onBatch(decoded, refusal);
      else if (refusal) this.#refuse(refusal, decoded);
      else this.#onRequest(decoded);
    } catch (error) {
      if (refusal) this.#refuse(refusal, undefined);
      else
        this.#onMalformed(error instanceof MalformedFrame ? error : new MalformedFrame('Unreadable frame'));
    }
  }

  #decideDialect(text: string): void {
    const dialect = dialectOfFrame(text);
    if (!dialect) return;
    this.connection.decideDialect(dialect);
    this.#settle();
  }

  /** They cost as well: who sends too many is cut. */
  onControlFrame(): void {
    this.#guard.control(performance.now());
    if (!this.#guard.exhausted || this.#intake.ended) return;
    this.connection.close(CloseCode.FLOODING);
    this.#intake.end();
  }

  #onRequest(request: Request): void {
    const { type } = request;
    if (type === 'AUTH') {
      this.#authAsked = true;
      return this.#queue.pushAlone(() => this.#authenticate(request));
    }
    if (this.#rejectStranger(request)) return;
    const refusal = JOINING.has(type) ? this.#guard.join(performance.now()) : undefined;
    if (refusal) return this.#refuse(refusal, request);
    const run = () => (this.connection.admitted ? this.#runner.run(request) : NOTHING);
    if (type !== undefined && COMMANDS[type].alone) this.#queue.pushAlone(run);
    else this.#queue.push(run);
  }

  /** Each request of a batch costs as much as one by itself. */
  #onBatch(requests: readonly Request[], refusal: ChatError | undefined): void {
    if (requests.length === 0 || this.#rejectStranger(undefined)) return;
    const now = performance.now();
    let last = refusal;
    const charged = requests.map((request, index) => {
      const over = index === 0 ? refusal : this.#guard.frame(now);
      const overJoins = !over && JOINING.has(request.type) ? this.#guard.join(now) : undefined;
      last = over ?? overJoins ?? last;
      return (over ?? overJoins) ? { ...request, type: undefined, refusal: (over ?? overJoins)! } : request;
    });
    if (last && this.#guard.exhausted) return this.#refuse(last, undefined);
    const { sendBudgetBytes } = this.context.options;
    this.#queue.pushAlone(() =>
      this.connection.admitted ? this.#runner.runBatch(charged, sendBudgetBytes) : NOTHING,
    );
  }

  /** Ends a connection that has shown no token where one is required. */
  #rejectStranger(request: Request | undefined): boolean {
    if (this.connection.admitted || this.#authAsked) return false;
    const error = new ChatError('UNAUTHENTICATED', 'Send AUTH first');
    this.#reject(error, request, CloseCode.PROTOCOL_VIOLATION);
    return true;
  }

  #onMalformed(error: MalformedFrame): void {
    const ends = ++this.#strikes >= MAX_STRIKES;
    this.#reject(error, error.request, ends ? CloseCode.PROTOCOL_VIOLATION : undefined);
    if (ends) this.#intake.end();
  }

  #refuse(refusal: ChatError, request: Request | undefined): void {
    const { exhausted } = this.#guard;
    this.#reject(refusal, request, exhausted ? CloseCode.FLOODING : undefined);
    if (exhausted) this.#intake.end();
  }

  /** Answers with an error in its turn; with a close code, it is the connection's last word. */
  #reject(error: ChatError, request: Request | undefined, code: CloseCode | undefined): void {
    this.#ended ||= code !== undefined;
    const emit = () => {
      this.#runner.send(this.#runner.fail(error, request));
      if (code !== undefined) this.connection.close(code);
    };
    this.#queue.push(() => emit);
  }

  onFinish(code: CloseCode): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.pushAlone(() => () => this.connection.close(code));
  }

  /** Goes out as soon as the client and its dialect are known, before any reply. */
  #greet(): void {
    if (this.#greeted) return;
    this.#greeted = true;
    this.#queue.push(() => () => this.#welcome());
  }

  #welcome(): void {
    if (this.#welcomed) return;
    this.#greeted = this.#welcomed = true;
    const { id, session } = this.connection;
    const { maxFrameBytes, maxRooms, heartbeatMs } = this.context.options;
    const limits = { maxFrameBytes, maxRooms };
    const welcome: Welcome = { type: 'WELCOME', connectionId: id, user: session.user, limits, heartbeatMs };
    tell(this.connection, welcome);
  }

  /** A token that fails ends a connection which has no other; one which has keeps it. */
  async #authenticate(request: Request): Promise<Emit> {
    const answer = await this.#runner.attempt(request);
    return () => {
      if (this.connection.admitted) this.#welcome();
      this.#runner.send(answer);
      if (this.connection.admitted) return this.#settle();
      this.connection.close(answer.error?.retryable ? CloseCode.INTERNAL_ERROR : CloseCode.UNAUTHENTICATED);
    };
  }

  /** Nobody asked by a frame, so whoever can't be served is sent away to come back, rather than left waiting. */
  async #joinByItself(room: string): Promise<Emit> {
    const { error, ...answer } = await this.#runner.join(room);
    return () => {
      // Who has not shown a dialect yet is told nothing.
      this.#runner.send(this.#welcomed || error ? answer : { ...answer, frame: undefined });
      if (error?.retryable) this.connection.close(CloseCode.INTERNAL_ERROR);
      // The dialect's own first room is just a suggestion.
      else if (error && this.connection.handshake.room !== undefined) {
        this.connection.close(CloseCode.UNAUTHENTICATED);
      }
    };
  }
}
