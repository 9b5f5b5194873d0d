import { connect } from 'node:net';
import type { ClientConfig } from 'pg';
import { limits } from '../../../core/limits.ts';
import { currentStoreTimeoutMs } from '../../store-timeout.ts';
import type { StoreClient } from './postgres-client.ts';

/**
 * Runs a query of a request. After `limitMs` it asks the server to cancel the query. A server that does not do so loses the connection.
 * Loads and commands have no limit.
 */
export async function limitQuery<T>(
  client: Pick<StoreClient, 'end'>,
  config: ClientConfig,
  query: () => Promise<T>,
  limitMs: number = limits.storeQueryMs,
): Promise<T> {
  if (currentStoreTimeoutMs() === undefined) return await query();
  const timers = [
    setTimeout(() => {
      sendCancelRequest(client, config);
    }, limitMs),
    setTimeout(() => {
      client.end().catch(() => undefined);
    }, limitMs + limits.storeProbeMs),
  ];
  try {
    return await query();
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Code of a request to cancel (postgresql.org/docs/current/protocol-message-formats.html, "CancelRequest"). */
const cancelRequestCode = 80_877_102;

/** Sends the request on a connection of its own. The server answers nothing, and accepts it without TLS. */
function sendCancelRequest(client: object, { host = 'localhost', port = 5432 }: ClientConfig): void {
  const { processID, secretKey } = client as { readonly processID?: number; readonly secretKey?: number };
  if (processID === undefined || secretKey === undefined) return;
  const message = Buffer.alloc(16);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(cancelRequestCode, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.on('error', () => undefined);
  socket.setTimeout(limits.storeProbeMs, () => socket.destroy());
  socket.end(message);
}
