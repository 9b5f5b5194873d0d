import type { Http2Server, ServerOptions } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { limits } from '../../core/limits.ts';

/** Private parts of the library's server. With a release that lacks them, the server fails at the start. */
interface ServerInternals {
  readonly commonServerOptions: ServerOptions;
  readonly http2Servers: ReadonlyMap<Http2Server, unknown>;
}

/** Sets HTTP/2 options of Node that the library does not pass on. Call it before the first connection. */
export function limitHttp2(server: Server): void {
  const { commonServerOptions: options } = internalsOf(server);
  Object.assign(options, {
    maxSessionInvalidFrames: limits.grpcInvalidFrames,
    maxSessionRejectedStreams: limits.grpcRejectedCalls,
    // A connection that resets more streams gets GOAWAY (CVE-2023-44487).
    streamResetBurst: limits.grpcResets,
    streamResetRate: limits.grpcResetsPerSecond,
    maxHeaderListPairs: limits.requestHeaders,
    settings: { ...options.settings, maxHeaderListSize: limits.requestHeaderBytes },
  } satisfies ServerOptions);
}

/** Returns the HTTP/2 server that handles the connections of the library. */
export function http2ServerOf(server: Server): Http2Server {
  const [http2] = internalsOf(server).http2Servers.keys();
  if (http2 === undefined) throw new Error('the gRPC library has no HTTP/2 server');
  return http2;
}

function internalsOf(server: Server): ServerInternals {
  return server as unknown as ServerInternals;
}
