// ws's WebSocket, telling one owner what happens instead of listeners: those would be half of what it weighs.
import { WebSocket } from 'ws';

/** Whom a socket's events concern. */
export interface SocketOwner {
  onFrame(data: Buffer, isBinary: boolean): void;
  /** A ping or a pong. */
  onControlFrame(): void;
  /** The close event follows; ws has sent the close code that fits the violation. */
  onFailed(error: Error): void;
  onClosed(code: number): void;
}

export class ClientSocket extends WebSocket {
  #owner: SocketOwner | undefined;

  belongTo(owner: SocketOwner): void {
    this.#owner = owner;
    // An emitter without listeners holds 184 bytes for them all the same. Node makes them anew for whoever listens.
    if (this.eventNames().length === 0) (this as Record<string, unknown>)['_events'] = undefined;
  }

  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    const owner = this.#owner;
    if (!owner) return super.emit(event, first, second);
    if (event === 'message') owner.onFrame(first as Buffer, second as boolean);
    else if (event === 'ping') this.#onPing(first as Buffer, owner);
    else if (event === 'pong') owner.onControlFrame();
    else if (event === 'error') owner.onFailed(first as Error);
    else if (event === 'close') owner.onClosed(first as number);
    else return super.emit(event, first, second);
    return true;
  }

  /** ws's own answer would keep a closure for each connection; how many pings there may be, the owner says. */
  #onPing(data: Buffer, owner: SocketOwner): void {
    this.pong(data);
    owner.onControlFrame();
  }
}
