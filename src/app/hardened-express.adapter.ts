// Express on an HTTP server that gives slow and oversized requests no time and no room.
import { createServer, type Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  /** How often those are looked at: by Node's default a limit of 5 s would strike after 30 s. */
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
};

export class HardenedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.setHttpServer(createServer(LIMITS, this.getInstance()));
  }

  /** Also ends connections on which nothing was asked yet: the server would wait for them, and times out none any more. */
  override async close(): Promise<void> {
    const closed = super.close();
    const server: Server = this.getHttpServer();
    server.closeAllConnections();
    await closed;
  }
}
