// A client's connection without a socket: keeps the frames it was sent, and is as slow as a test wants it.
import type { Connection } from '../../src/core/connection.js';
import { Permissions } from '../../src/core/permissions.js';
import type { Session } from '../../src/core/session.js';
import type { CloseCode } from '../../src/protocol/close-codes.js';
import type { Dialect, Frame } from '../../src/protocol/dialects/dialect.js';
import { native } from '../../src/protocol/dialects/native.js';

export interface NativeFrame extends Record<string, unknown> {
  readonly type: string;
}

let lastNumber = 0;

export class FakeConnection implements Connection {
  readonly id = `c-${++lastNumber}`;
  readonly session: Session = {
    user: { id: `u-${this.id}`, name: 'Ada' },
    permissions: Permissions.OPEN,
    expiresAt: undefined,
    authenticated: false,
  };
  readonly dialect: Dialect = native;
  readonly frames: NativeFrame[] = [];
  closeCode: CloseCode | undefined;
  #closed = false;
  /** Frames it takes before it is no longer writable. */
  #credit = Infinity;
  #waiting: (() => void)[] = [];

  get closed(): boolean {
    return this.#closed;
  }

  get writable(): boolean {
    return this.#credit > 0;
  }

  send(frame: Frame): void {
    if (this.closed) return;
    this.#credit--;
    const parsed: NativeFrame = JSON.parse(frame.toString());
    this.frames.push(parsed);
  }

  async whenWritable(): Promise<void> {
    if (this.closed || this.writable) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(code: CloseCode): void {
    this.closeCode ??= code;
    this.#closed = true;
    this.#release();
  }

  /** From now on it takes so many frames, and then no more until it is told again. */
  take(frames: number): void {
    this.#credit = frames;
    if (this.writable) this.#release();
  }

  of(type: string): NativeFrame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** The messageIds of the MESSAGE frames, in the order they came. */
  get messageIds(): unknown[] {
    return this.of('MESSAGE').map(({ messageId }) => messageId);
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
