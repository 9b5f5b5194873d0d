import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { type Address, isLoopbackAddress } from '../../config/address.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { rejectMalformedRequests } from './malformed-requests.ts';
import { demuxHttp2, type Http2Acceptor, preferHttp1 } from './protocol-demux.ts';
import { requestGuard } from './request-guard.ts';
import { RequestHandler, type RequestHandlerDeps } from './request-handler.ts';
import { type RefusedCertificate, reportRefusedCertificates } from './tls.ts';

/** Options of `serveApi`. */
export interface ApiServerOptions extends Omit<RequestHandlerDeps, 'guard'> {
  /** Options of TLS; undefined for plain HTTP. */
  readonly tls: ServerOptions | undefined;
  /** Called for each connection that is refused because of its client certificate. */
  readonly onRefusedCertificate?: (refused: RefusedCertificate) => void;
  /** Accepts connections that begin with the HTTP/2 preface. Without it, they are refused. */
  readonly http2?: Http2Acceptor;
  /** Time for a request to arrive; that of `limits` by default. */
  readonly requestTimeouts?: { readonly headersMs: number; readonly requestMs: number };
  /** Maximum number of concurrent connections; `limits.connections` by default. */
  readonly connectionsMax?: number;
}

/** A listening server. */
export interface ApiServer extends AsyncDisposable {
  readonly port: number;
  /** Uses other certificates for new connections, also those of HTTP/2. Does nothing without TLS. */
  setTls(tls: ServerOptions): void;
  /** Accepts no more requests, waits `graceMs` for running ones, then answers the rest with 503. */
  stop(graceMs?: number): Promise<void>;
}

/** Listens on an address. Throws `usage` if it cannot; the message begins with `what`. */
export async function serveApi(
  what: string,
  address: Address,
  options: ApiServerOptions,
): Promise<ApiServer> {
  const guard = requestGuard({ hosts: isLocalOnly(address, options) ? 'loopback' : 'any' });
  const handler = new RequestHandler({ ...options, guard });
  const server = createHttpServer(options, handler.handle);
  try {
    // The kernel drops what exceeds the backlog, by default 511. Clients then try again after a second or more.
    server.listen({ port: address.port, host: address.host, backlog: limits.connections });
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
      handler.abandon();
      resolve(undefined);
    }, graceMs);
    const lastTimer = setTimeout(() => {
      server.closeAllConnections();
    }, graceMs + limits.stopResponseMs);
    await closed;
    await Promise.race([handler.settled(), graceExpired]);
    clearTimeout(timer);
    clearTimeout(lastTimer);
    await http2Stopped;
  };
  return {
    port: (server.address() as AddressInfo).port,
    setTls: (tls) => {
      if (server instanceof TlsServer) server.setSecureContext(tls);
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Returns whether the server needs no credentials and is reachable from this machine only. */
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
  if (tls !== undefined && options.onRefusedCertificate !== undefined)
    reportRefusedCertificates(server, options.onRefusedCertificate);
  server.maxHeadersCount = limits.requestHeaders;
  server.maxConnections = options.connectionsMax ?? limits.connections;
  return server;
}

function headersTimeoutOf({ requestTimeouts }: ApiServerOptions): number {
  return requestTimeouts?.headersMs ?? limits.requestHeadersMs;
}
