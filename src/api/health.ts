import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '../config/address.ts';
import { ClairError, messageOf } from '../kit/errors.ts';
import type { Store } from '../store/store.ts';
import type { Metrics } from './metrics.ts';

/** A server that listens. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
}

/** What the health server tells of. */
export interface HealthRoom {
  readonly store: Pick<Store, 'advisories' | 'keyValues'>;
  readonly metrics: Metrics;
  /** Told of what goes wrong while answering. */
  readonly onError: (error: unknown) => void;
}

/**
 * Listens for `GET /health` (200 while the database answers, else 500, both without a body, as Clair), `/metrics` and `/status`,
 * which tells of every feed how fresh it is. Throws `usage` where the address cannot be taken.
 */
export async function serveHealth({ host, port }: Address, room: HealthRoom): Promise<Listener> {
  const server = createServer((request, response) => {
    answer(request, response, room).catch((error: unknown) => {
      room.onError(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new ClairError('usage', `the health check cannot listen on port ${port}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  { store, metrics }: HealthRoom,
): Promise<void> {
  response.setHeader('Server', 'clair');
  if (method !== 'GET') {
    response.writeHead(405, { Allow: 'GET' }).end();
    return;
  }
  switch ((url ?? '').split('?')[0] ?? '') {
    case '/health':
      await store.keyValues.get('health');
      response.writeHead(200).end();
      return;
    case '/metrics': {
      const text = await metrics.write(await store.advisories.feedStates());
      response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text);
      return;
    }
    case '/status':
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(`${JSON.stringify({ feeds: await store.advisories.feedStates() })}\n`);
      return;
    default:
      response.writeHead(404).end();
  }
}
