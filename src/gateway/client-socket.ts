// ws's WebSocket, and what listens to it: the same few functions for all, where closures for each would outweigh it.
import { WebSocket } from 'ws';

/** Whom a socket's events concern. */
interface SocketOwner {
  onFrame(data: Buffer, isBinary: boolean): void;
  onControlFrame(): void;
  onFailed(error: Error): void;
  onClosed(code: number): void;
}

export class ClientSocket extends WebSocket {
  #owner: SocketOwner | undefined;

  /** Tells the owner what happens from now on. */
  belongTo(owner: SocketOwner): void {
    this.#owner = owner;
    this.on('message', ClientSocket.#onMessage);
    this.on('ping', ClientSocket.#onControlFrame);
    this.on('pong', ClientSocket.#onControlFrame);
    this.on('error', ClientSocket.#onError);
    this.on('close', ClientSocket.#onClose);
  }

  static #onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
    (this as ClientSocket).#owner!.onFrame(data as Buffer, isBinary);
  }

  static #onControlFrame(this: WebSocket): void {
    (this as ClientSocket).#owner!.onControlFrame();
  }

  static #onError(this: WebSocket, error: Error): void {
    (this as ClientSocket).#owner!.onFailed(error);
  }

  static #onClose(this: WebSocket, code: number): void {
    (this as ClientSocket).#owner!.onClosed(code);
  }
}
