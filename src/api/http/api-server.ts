import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Address, isLoopbackAddress } from '../../config/address.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { rejectMalformedRequests } from './malformed-requests.ts';
import { demuxHttp2, type Http2Acceptor, preferHttp1 } from './protocol-demux.ts';
import { requestGuard } from './request-guard.ts';
import { RequestHandler, type RequestHandlerDeps } from './request-handler.ts';

/** What a server needs to know. */
export interface ApiServerOptions extends Omit<RequestHandlerDeps, 'guard'> {
  /** Speaks TLS where it is there. */
  readonly tls: ServerOptions | undefined;
  /** Takes the connections that speak HTTP/2 from their first bytes on; without it they are refused. */
  readonly http2?: Http2Acceptor;
  /** How long a request may take to arrive; `limits` where it is not said. */
  readonly requestTimeouts?: { readonly headersMs: number; readonly requestMs: number };
  /** Connections at once; `limits` where it is not said. */
  readonly connectionsMax?: number;
}

/** A server that listens. */
export interface ApiServer extends AsyncDisposable {
  readonly port: number;
  /** Takes no more requests, gives those under way so long to end, and breaks off the rest. */
  stop(graceMs?: number): Promise<void>;
}

/** Listens at an address. Throws `usage` where it cannot be taken; `what` is said then. */
export async function serveApi(
  what: string,
  address: Address,
  options: ApiServerOptions,
): Promise<ApiServer> {
  const guard = requestGuard({ hosts: isLocalOnly(address, options) ? 'loopback' : 'any' });
  const handler = new RequestHandler({ ...options, guard });
  const server = createHttpServer(options, (request, response) => {
    void handler.handle(request, response);
  });
  try {
    server.listen(address.port, address.host);
    await once(server, 'listening');
  } catch (error) {
    const where =
      address.host === undefined ? `port ${address.port}` : `${address.host}, port ${address.port}`;
    throw new ClairError('usage', `${what} cannot listen on ${where}: ${messageOf(error)}`, { cause: error });
  }
  const http2 = options.http2 && demuxHttp2(server, options.http2, headersTimeoutOf(options));
  const stop = async (graceMs: number = limits.stopMs): Promise<void> => {
    handler.shutDown();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    const http2Stopped = http2?.stop(graceMs);
    const { promise: graceExpired, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      server.closeAllConnections();
      resolve(undefined);
    }, graceMs);
    await closed;
    await Promise.race([handler.settled(), graceExpired]);
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
function isLocalOnly(address: Address, { access, tls }: ApiServerOptions): boolean {
  return isLoopbackAddress(address) && access.isOpen && tls === undefined;
}

function createHttpServer(
  options: ApiServerOptions,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const { tls, requestTimeouts, http2 } = options;
  const headersTimeout = headersTimeoutOf(options);
  const serverOptions = {
    maxHeaderSize: limits.requestHeaderBytes,
    headersTimeout,
    requestTimeout: requestTimeouts?.requestMs ?? limits.requestMs,
    connectionsCheckingInterval: Math.ceil(headersTimeout / 5),
  };
  const server =
    tls === undefined
      ? createServer(serverOptions, listener)
      : createTlsServer(
          {
            ...serverOptions,
            ...tls,
            ...(http2 && { ALPNCallback: preferHttp1 }),
            handshakeTimeout: headersTimeout,
          },
          listener,
        );
  rejectMalformedRequests(server);
  server.maxHeadersCount = limits.requestHeaders;
  server.maxConnections = options.connectionsMax ?? limits.connections;
  return server;
}

function headersTimeoutOf({ requestTimeouts }: ApiServerOptions): number {
  return requestTimeouts?.headersMs ?? limits.requestHeadersMs;
}
