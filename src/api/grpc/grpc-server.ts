import { once } from 'node:events';
import type { Socket } from 'node:net';
import type * as Grpc from '@grpc/grpc-js';
import type { handleUnaryCall, ServerUnaryCall, ServiceError } from '@grpc/grpc-js';
import { limits, timerMsMax } from '../../core/limits.ts';
import { replicaReads } from '../../store/replica-reads.ts';
import { storeTimeout } from '../../store/store-timeout.ts';
import type { Http2Acceptor } from '../http/protocol-demux.ts';
import { internalError, RpcError, rpcCodes, toRpcError } from '../http/v3/errors.ts';
import type { V3Methods } from '../http/v3/methods.ts';
import { metricLabelOf, protoPackage, rpcs } from '../http/v3/rpcs.ts';
import { type AccessInterceptorOptions, accessInterceptor } from './access-interceptor.ts';
import { type CallLogInterceptorOptions, callLogInterceptor } from './call-log-interceptor.ts';
import { http2ServerOf, limitHttp2 } from './http2-limits.ts';
import { loadProtos, withTimestamps } from './protos.ts';
import { Sessions } from './sessions.ts';
import { queueStreams } from './stream-queue.ts';

/** Options of `grpcServer`. */
export interface GrpcServerOptions extends AccessInterceptorOptions, CallLogInterceptorOptions {
  /** Returns the current methods. A reload of the plugins replaces them. */
  readonly methods: () => V3Methods;
  /** Time limit of a call in milliseconds, whatever its deadline. */
  readonly timeoutMs: number;
  /** Receives internal errors, which clients see only as INTERNAL. */
  readonly onError: (error: unknown) => void;
  /** Called for each response, with the HTTP status that corresponds to its code. */
  readonly onResponse: (route: string, status: number, ms: number) => void;
}

/** Service names of the gRPC health protocol: empty for the server, and one per service. */
const healthNames = ['', ...new Set(rpcs.map(({ service }) => `${protoPackage}.${service}`))];

/**
 * Returns a server for the Clair v3 API over gRPC, with the gRPC health and reflection services. It does not listen on a port:
 * callers pass connections to `accept`. Its libraries are loaded only here.
 */
export async function grpcServer(options: GrpcServerOptions): Promise<Http2Acceptor> {
  const grpc = await import('@grpc/grpc-js');
  const { HealthImplementation } = await import('grpc-health-check');
  const { ReflectionService } = await import('@grpc/reflection');
  const protos = await loadProtos();
  const server = new grpc.Server({
    ...serverOptions,
    interceptors: [callLogInterceptor(options, grpc), accessInterceptor(options, grpc)],
  });
  limitHttp2(server);
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const http2 = http2ServerOf(server);
  queueStreams(http2);
  const sessions = new Sessions(http2);
  const calls = new CallHandler(options, () => {
    sessions.responseWritten();
  });
  for (const [service, methods] of Map.groupBy(rpcs, (rpc) => rpc.service)) {
    const handlers = methods.map(({ method }) => [method, calls.handlerOf(method, grpc)]);
    server.addService(protos.service(`${protoPackage}.${service}`), Object.fromEntries(handlers) as Handlers);
  }
  const health = new HealthImplementation();
  for (const name of healthNames) health.setStatus(name, 'SERVING');
  health.addToServer(server);
  new ReflectionService(protos.reflected).addToServer(server);
  const sockets = new Set<Socket>();
  return {
    accept(socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      sessions.accept(socket, () => {
        injector.injectConnection(socket);
      });
    },
    async stop(graceMs) {
      for (const name of healthNames) health.setStatus(name, 'NOT_SERVING');
      const closed = Promise.all(Array.from(sockets, (socket) => once(socket, 'close')));
      // Connections end with their calls. The callback of the library comes too early with Node 24, so that it is ignored.
      server.tryShutdown(() => undefined);
      const timer = setTimeout(() => {
        sessions.destroyAll();
        server.forceShutdown();
        // A client that does not read does not see the GOAWAY frame.
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
      await calls.settled();
    },
  };
}

/** The parts of `@grpc/grpc-js` that responses need. */
type Library = Pick<typeof Grpc, 'Metadata' | 'status'>;

type Handlers = Record<string, handleUnaryCall<object, object>>;

const serverOptions = {
  'grpc.max_receive_message_length': limits.requestBodyBytes,
  'grpc.max_send_message_length': -1,
  'grpc.max_metadata_size': limits.requestHeaderBytes,
  'grpc.max_concurrent_streams': limits.grpcCallsPerConnection,
  'grpc-node.max_session_memory': Math.ceil(limits.grpcSessionBytes / 1_000_000),
  'grpc.enable_channelz': 0,
  'grpc.max_connection_idle_ms': limits.grpcIdleMs,
  'grpc.keepalive_time_ms': limits.grpcIdleMs,
  'grpc.keepalive_timeout_ms': limits.requestHeadersMs,
};

type Call = ServerUnaryCall<object, object>;
type Method = (request: object, signal: AbortSignal) => Promise<object>;

/** Runs the calls, and tracks those that are unfinished. */
class CallHandler {
  readonly #options: GrpcServerOptions;
  readonly #onWritten: () => void;
  readonly #unsettled = new Set<Promise<unknown>>();

  /** `onWritten` is called after a response was written to the connection. */
  constructor(options: GrpcServerOptions, onWritten: () => void) {
    this.#options = options;
    this.#onWritten = onWritten;
  }

  /** Resolves when all methods have settled, also those whose clients disconnected. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#unsettled);
  }

  handlerOf(name: keyof V3Methods, grpc: Library): handleUnaryCall<object, object> {
    return (call, callback) => {
      const method = this.#options.methods()[name] as Method;
      const started = performance.now();
      const recordResponse = (status: number): void => {
        this.#options.onResponse(metricLabelOf(name), status, performance.now() - started);
      };
      const work = replicaReads
        .run(isRead(name), () => storeTimeout.run(storeWaitMsOf(name), () => this.#run(call, method)))
        .then(
          (response) => {
            callback(null, withTimestamps(response));
            this.#onWritten();
            recordResponse(200);
          },
          (error: unknown) => {
            const rpcError = this.#toRpcError(error);
            callback(toServiceError(rpcError, grpc));
            recordResponse(rpcCodes[rpcError.code].status);
          },
        );
      this.#unsettled.add(work);
      void work.finally(() => this.#unsettled.delete(work));
    };
  }

  /** Runs a method with the time limit. When the deadline of the client passes, the library cancels the call and responds itself. */
  async #run(call: Call, method: Method): Promise<object> {
    const controller = new AbortController();
    const timer = setTimeout(
      () => {
        controller.abort(new RpcError('deadline-exceeded', 'the call takes longer than the server allows'));
      },
      Math.min(this.#options.timeoutMs, timerMsMax),
    );
    call.once('cancelled', () => {
      controller.abort(new RpcError('cancelled', 'the client cancelled the call'));
    });
    try {
      return await method(call.request, controller.signal);
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #toRpcError(error: unknown): RpcError {
    const rpcError = toRpcError(error);
    if (rpcError === undefined) this.#options.onError(error);
    else if (rpcError.cause !== undefined) this.#options.onError(rpcError.cause);
    return rpcError ?? internalError;
  }
}

function isRead(name: keyof V3Methods): boolean {
  return rpcs.find(({ method }) => method === name)?.verb === 'GET';
}

/** Returns how long a method waits for an unreachable database, in milliseconds: briefly for reads, longer for changes. */
function storeWaitMsOf(name: keyof V3Methods): number {
  return isRead(name) ? limits.storeReadWaitMs : limits.storeWriteWaitMs;
}

/** Converts an error to the library's form. `retryAfterSeconds` becomes a pushback, gRFC A6. */
function toServiceError(
  { code, message, retryAfterSeconds }: RpcError,
  { Metadata, status }: Library,
): Partial<ServiceError> {
  const metadata = new Metadata();
  if (retryAfterSeconds !== undefined) metadata.set('grpc-retry-pushback-ms', `${retryAfterSeconds * 1000}`);
  return { code: status[rpcCodes[code].name], details: message, metadata };
}
