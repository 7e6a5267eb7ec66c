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
  }

  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    const owner = this.#owner;
    if (!owner) return super.emit(event, first, second);
    if (event === 'message') owner.onFrame(first as Buffer, second as boolean);
    else if (event === 'ping' || event === 'pong') owner.onControlFrame();
    else if (event === 'error') owner.onFailed(first as Error);
    else if (event === 'close') owner.onClosed(first as number);
    else return super.emit(event, first, second);
    return true;
  }
}
