import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Address, isLoopback } from '../../config/address.ts';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { closeUnreadableRequests } from './close-unreadable.ts';
import { requestGuard } from './request-guard.ts';
import { Requests, type RequestsRoom } from './requests.ts';
import { type Http2Door, preferHttp1, sortConnections } from './sort-connections.ts';

/** What a server needs to know. */
export interface ApiServerRoom extends Omit<RequestsRoom, 'guard'> {
  /** Speaks TLS where it is there. */
  readonly tls: ServerOptions | undefined;
  /** Takes the connections that speak HTTP/2 from their first bytes on; without it they are refused. */
  readonly http2?: Http2Door;
  /** How long a request may take to arrive; `limits` where it is not said. */
  readonly arrival?: { readonly headersMs: number; readonly requestMs: number };
  /** Connections at once; `limits` where it is not said. */
  readonly connectionsMax?: number;
}

/** A server that listens. */
export interface ApiServer extends AsyncDisposable {
  readonly port: number;
  /** Takes no more requests, gives those under way so long to end, and breaks off the rest. */
  stop(patienceMs?: number): Promise<void>;
}

/** Listens at an address. Throws `usage` where it cannot be taken; `what` is said then. */
export async function serveApi(what: string, address: Address, room: ApiServerRoom): Promise<ApiServer> {
  const guard = requestGuard({ hosts: isForThisMachine(address, room) ? 'loopback' : 'any' });
  const requests = new Requests({ ...room, guard });
  const server = serverOf(room, (request, response) => {
    void requests.answer(request, response);
  });
  try {
    server.listen(address.port, address.host);
    await once(server, 'listening');
  } catch (error) {
    const where =
      address.host === undefined ? `port ${address.port}` : `${address.host}, port ${address.port}`;
    throw new ClairError('usage', `${what} cannot listen on ${where}: ${messageOf(error)}`, { cause: error });
  }
  const http2 = room.http2 && sortConnections(server, room.http2, headersMsOf(room));
  const stop = async (patienceMs: number = limits.stopMs): Promise<void> => {
    requests.end();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    const http2Stopped = http2?.stop(patienceMs);
    const { promise: noPatience, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      server.closeAllConnections();
      resolve(undefined);
    }, patienceMs);
    await closed;
    await Promise.race([requests.settled(), noPatience]);
    clearTimeout(timer);
    await http2Stopped;
  };
  return {
    port: (server.address() as AddressInfo).port,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Whether who reaches the address may do everything because no other machine reaches it. */
function isForThisMachine(address: Address, { access, tls }: ApiServerRoom): boolean {
  return isLoopback(address) && access.isOpen && tls === undefined;
}

function serverOf(
  room: ApiServerRoom,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const { tls, arrival, http2 } = room;
  const headersTimeout = headersMsOf(room);
  const options = {
    maxHeaderSize: limits.requestHeaderBytes,
    headersTimeout,
    requestTimeout: arrival?.requestMs ?? limits.requestMs,
    connectionsCheckingInterval: Math.ceil(headersTimeout / 5),
  };
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer(
          {
            ...options,
            ...tls,
            ...(http2 && { ALPNCallback: preferHttp1 }),
            handshakeTimeout: headersTimeout,
          },
          listener,
        );
  closeUnreadableRequests(server);
  server.maxHeadersCount = limits.requestHeaders;
  server.maxConnections = room.connectionsMax ?? limits.connections;
  return server;
}

function headersMsOf({ arrival }: ApiServerRoom): number {
  return arrival?.headersMs ?? limits.requestHeadersMs;
}
