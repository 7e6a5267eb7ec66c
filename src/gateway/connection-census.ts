// Counts connections for the metrics: those that came, why they went, and what travelled on them.
import type { ConnectionRegistry } from '../core/connection-registry.js';
import type { Meter } from '../core/meter.js';
import type { FrameWriter } from './frame-writer.js';
import type { WsConnection } from './ws-connection.js';

/** Codes which clients send of themselves; they may send any, and every other one is counted as one. */
const CLIENT_CODES: ReadonlySet<number> = new Set([1000, 1001, 1002, 1005, 1006, 1007, 1008, 1009]);

/** Sockets and the writer count their bytes anyway, so that counting costs messages nothing. */
export class ConnectionCensus {
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(
    private readonly connections: ConnectionRegistry<WsConnection>,
    private readonly meter: Meter,
    private readonly writer: FrameWriter,
  ) {
    meter.traffic = () => this.#traffic();
  }

  onOpened(): void {
    this.meter.connectionsOpened++;
  }

  /** @param code of the socket's close event */
  onClosed({ stream, closeCode }: WsConnection, code: number): void {
    this.meter.closes.add(closeCode ?? (CLIENT_CODES.has(code) ? code : 'other'));
    this.#bytesRead += stream.bytesRead;
    this.#bytesWritten += stream.bytesWritten;
  }

  onRefused(status: number): void {
    this.meter.refusedUpgrades.add(status);
    if (status === 429) this.meter.rateLimited.add('handshake');
  }

  #traffic(): ReturnType<Meter['traffic']> {
    let [bytesRead, bytesWritten] = [this.#bytesRead, this.#bytesWritten];
    for (const { stream } of this.connections) {
      bytesRead += stream.bytesRead;
      bytesWritten += stream.bytesWritten;
    }
    return { bytesRead, bytesWritten: bytesWritten + this.writer.bytesSent };
  }
}
