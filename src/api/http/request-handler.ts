import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../../core/errors.ts';
import { limits, timerMsMax } from '../../core/limits.ts';
import { raceAbort } from '../../kit/async/abort.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import type { SpanStart, Tracer } from '../../kit/trace/tracer.ts';
import { replicaReads } from '../../store/replica-reads.ts';
import { storeTimeout } from '../../store/store-timeout.ts';
import type { Access, AccessDecision } from './access.ts';
import type { RepositoryLimit } from './repository-limit.ts';
import type { RequestGuard } from './request-guard.ts';
import {
  pendingOutcome,
  type RequestOutcome,
  type RequestRecord,
  toRequestRecord,
} from './request-record.ts';
import {
  type ApiResponse,
  busyRetrySeconds,
  errorResponse,
  type LogDetails,
  type Route,
  readBody,
  retryAfterHeader,
  WireError,
} from './route.ts';
import { notFoundResponse, type Router, type RoutingResult } from './router.ts';
import { UnreadResponses } from './unread-responses.ts';
import { type WriteOptions, writeResponse } from './write-response.ts';

/** Dependencies of `RequestHandler`. */
export interface RequestHandlerDeps {
  /** Returns the current routers. The first one that matches handles the request. A reload of plugins replaces them. */
  readonly routers: () => readonly Router[];
  readonly access: Access;
  /** Checked before `access`. */
  readonly guard: RequestGuard;
  /** Time limit of a request in milliseconds; then the response is 503. */
  readonly timeoutMs: number;
  /** Receives internal errors, which clients see only as 500. */
  readonly onError: (error: unknown) => void;
  /** Called for each response of a route; for a stream, at its start. The status is 499 if the client disconnected before. */
  readonly onResponse: (route: string, status: number, ms: number) => void;
  /** Called once when a request ends, also if it was refused or no route matches. */
  readonly onRequest?: (record: RequestRecord) => void;
  /** Traces each request that matches a route. */
  readonly tracer?: Tracer | undefined;
  /** Milliseconds without progress after which a client is disconnected; those of `limits` by default. */
  readonly stalledMs?: number;
  /** The responses that clients have not read yet. */
  readonly unread?: UnreadResponses;
}

/** Reasons to abort a request. */
class RequestTimedOut extends Error {}
class ClientDisconnected extends Error {}

const timeoutMessage = 'Clair failed to respond within the configured timeout window.';

const timeoutResponse: ApiResponse = {
  status: 503,
  contentType: 'text/plain; charset=utf-8',
  text: `{"Error":{"Message":"${timeoutMessage}","Type":"Timeout"}}`,
};

/** Handles requests, and tracks those that are unfinished. */
export class RequestHandler {
  readonly #deps: RequestHandlerDeps;
  readonly #unsettled = new Set<Promise<unknown>>();
  readonly #shutdown = new AbortController();
  /** Those of the unfinished requests. */
  readonly #controllers = new Set<AbortController>();
  readonly #largeBodies = new Semaphore(1);
  readonly #unread: UnreadResponses;

  constructor(deps: RequestHandlerDeps) {
    this.#deps = deps;
    this.#unread = deps.unread ?? new UnreadResponses();
  }

  /** Accepts no more requests, and ends streams. */
  shutDown(): void {
    this.#shutdown.abort();
  }

  /** Aborts the unfinished requests. Their clients get 503, and may ask another server. */
  abandon(): void {
    const reason = new WireError(503, 'the server is stopping', { retryAfterSeconds: busyRetrySeconds });
    for (const controller of this.#controllers) controller.abort(reason);
  }

  /** Handles a request: the listener of the server. Guard and access decide before the route runs. */
  readonly handle = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { access, onError, onRequest, tracer } = this.#deps;
    const started = performance.now();
    const match = this.#match(incoming);
    const route = match.kind === 'route' ? match.route : undefined;
    const decision = isPublic(match)
      ? {}
      : (this.#guard(incoming, route) ??
        (route?.checksAccess === true
          ? {}
          : access.authorize(authorizationIn(incoming, route), route, incoming.headers)));
    const { token: client, repositories } = decision;
    const context = { incoming, response, client, repositories, outcome: pendingOutcome(incoming) };
    const handled =
      decision.refusal !== undefined
        ? this.#writeDirect(decision.refusal.response, context)
        : match.kind === 'answer'
          ? this.#writeDirect(match.response, context)
          : tracer === undefined
            ? this.#runRoute(match, context)
            : tracer.span(spanOf(match, incoming), () => this.#runRoute(match, context));
    void handled
      .catch((error: unknown) => {
        onError(error);
        response.destroy();
      })
      .then(() => {
        const ms = performance.now() - started;
        onRequest?.(toRequestRecord(incoming, { route, verdict: decision, ms }, context.outcome));
      });
  };

  /** Returns the refusal by the guard, which is independent of the token; undefined if the guard accepts the request. */
  #guard(incoming: IncomingMessage, route: Route | undefined): AccessDecision | undefined {
    const refusal = this.#deps.guard(incoming);
    if (refusal === undefined) return undefined;
    const { status, message } = refusal;
    return { refusal: { response: (route?.renderError ?? errorResponse)(status, message), reason: message } };
  }

  /** Writes a response that is not from a route. */
  async #writeDirect(apiResponse: ApiResponse, { response, outcome }: RequestContext): Promise<void> {
    outcome.bytes = await this.#write(response, apiResponse, { isGzipped: false });
    outcome.status = apiResponse.status;
  }

  /** Resolves when all handlers have settled, also those whose clients got a response or disconnected. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#unsettled);
  }

  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch(() => undefined)
      .finally(() => {
        this.#unsettled.delete(tracked);
      });
    this.#unsettled.add(tracked);
  }

  #match({ method = '', url = '', headers }: IncomingMessage): RoutingResult {
    for (const router of this.#deps.routers()) {
      const match = router(method, url, headers);
      if (match !== undefined) return match;
    }
    return { kind: 'answer', response: notFoundResponse };
  }

  /** Reads the body. Large bodies are passed on one per turn of the event loop, since handlers parse them synchronously. */
  async #bodyOf(incoming: IncomingMessage, { bodyBytesMax }: Route): Promise<Buffer> {
    const body = await readBody(incoming, bodyBytesMax);
    if (body.length > limits.largeBodyBytes) await this.#largeBodies.run(() => setImmediate());
    return body;
  }

  async #runRoute(
    { route, params, query }: MatchedRoute,
    { incoming, response, client, repositories, outcome }: RequestContext,
  ): Promise<void> {
    const started = performance.now();
    const { isStreaming = false } = route;
    using deadline = this.#deadline(response, isStreaming);
    const { signal } = deadline;
    const { headers } = incoming;
    const body = (): Promise<Buffer> => this.#bodyOf(incoming, route);
    const shutdown = this.#shutdown.signal;
    outcome.traceId = this.#deps.tracer?.traceId();
    const addLogDetails = (details: LogDetails): void => {
      outcome.details = { ...outcome.details, ...details };
    };
    const request = {
      method: route.method,
      params,
      query,
      headers,
      client,
      repositories,
      body,
      signal,
      shutdown,
      addLogDetails,
    };
    // As Clair does: even with `gzip;q=0`.
    const isGzipped = !isStreaming && headers['accept-encoding']?.includes('gzip') === true;
    let status: number;
    let isRecorded = false;
    const recordOnce = (): void => {
      if (!isRecorded) this.#deps.onResponse(route.name, status, performance.now() - started);
      isRecorded = true;
    };
    try {
      const pending = replicaReads.run(mayUseReplica(route), () =>
        storeTimeout.run(storeWaitMsOf(route), route.handle, request),
      );
      this.#track(pending);
      const apiResponse = await raceAbort(pending, signal);
      ({ status } = apiResponse);
      outcome.isUnchanged = apiResponse.isUnchanged === true;
      if (apiResponse.cause !== undefined) this.#deps.onError(apiResponse.cause);
      if (isStreaming) {
        response.shouldKeepAlive = false;
        recordOnce();
      }
      const stallOptions = isStreaming ? { stallMs: this.#deps.stalledMs ?? limits.stalledMs } : {};
      outcome.bytes = await this.#write(response, apiResponse, { isGzipped, signal, ...stallOptions });
    } catch (error) {
      const reason = abandonReasonOf(error, response, signal);
      status = await this.#writeError(reason, response, { route, isGzipped, outcome });
    }
    // The end of a stream is not an error.
    outcome.status = isStreaming && response.headersSent ? response.statusCode : status;
    annotateStatus(status, this.#deps.tracer);
    recordOnce();
  }

  /** Returns a signal that is aborted by `abandon`, on disconnect and, unless the route streams, at the time limit. */
  #deadline(response: ServerResponse, isStreaming: boolean): Disposable & { readonly signal: AbortSignal } {
    const controller = new AbortController();
    this.#controllers.add(controller);
    response.once('close', () => {
      // A complete response emits `close` too.
      if (!response.writableFinished) controller.abort(new ClientDisconnected());
    });
    const timer = isStreaming
      ? undefined
      : setTimeout(
          () => {
            controller.abort(new RequestTimedOut());
          },
          Math.min(this.#deps.timeoutMs, timerMsMax),
        );
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        this.#controllers.delete(controller);
      },
    };
  }

  /** Writes an error response, or destroys the connection if a response was already begun. Returns the status. */
  async #writeError(
    error: unknown,
    response: ServerResponse,
    { route, isGzipped, outcome }: ErrorContext,
  ): Promise<number> {
    if (error instanceof ClientDisconnected) return 499;
    const apiResponse = this.#toErrorResponse(error, route);
    if (response.headersSent) response.destroy();
    else
      outcome.bytes = await this.#write(response, apiResponse, {
        isGzipped: isGzipped && apiResponse !== timeoutResponse,
      });
    return apiResponse.status;
  }

  async #write(response: ServerResponse, apiResponse: ApiResponse, options: WriteOptions): Promise<number> {
    // During shutdown, the connection accepts no further requests.
    response.shouldKeepAlive &&= !this.#shutdown.signal.aborted;
    const isGzipped = options.isGzipped && apiResponse.isNeverCompressed !== true;
    const stallMs = this.#deps.stalledMs;
    const bounds = { unread: this.#unread, ...(stallMs !== undefined && { stallMs }) };
    return await writeResponse(response, apiResponse, { ...bounds, ...options, isGzipped });
  }

  #toErrorResponse(thrown: unknown, { renderError, translateError }: Route): ApiResponse {
    if (thrown instanceof RequestTimedOut)
      return renderError?.(timeoutResponse.status, timeoutMessage) ?? timeoutResponse;
    const error = translateError === undefined ? thrown : translateError(thrown);
    if (error instanceof WireError) {
      const { status, message, retryAfterSeconds, cause } = error;
      if (cause !== undefined) this.#deps.onError(cause);
      return (renderError ?? errorResponse)(status, message, retryAfterHeader(retryAfterSeconds));
    }
    this.#deps.onError(error);
    if (error instanceof ClairError && error.code === 'store-unavailable')
      return (renderError ?? errorResponse)(
        503,
        'the database cannot be reached',
        retryAfterHeader(busyRetrySeconds),
      );
    return (renderError ?? errorResponse)(500, 'internal server error');
  }
}

/** Returns whether a response has no data. A link of another site may lead to it, and needs no token. */
function isPublic(match: RoutingResult): boolean {
  return match.kind === 'answer' && match.isPublic === true;
}

function authorizationIn({ headers }: IncomingMessage, route: Route | undefined): string | undefined {
  return route?.authorizationOf === undefined ? headers.authorization : route.authorizationOf(headers);
}

/**
 * Returns the limit on the wait for an unreachable database: short for reads, longer for changes. Undefined for streams, which wait as
 * long as the program itself does.
 */
function storeWaitMsOf({ method, isStreaming }: Route): number | undefined {
  if (isStreaming === true) return undefined;
  return method === 'GET' ? limits.storeReadWaitMs : limits.storeWriteWaitMs;
}

/** Returns whether a request only reads. A stream polls, and would compare the servers again and again. */
function mayUseReplica({ method, isStreaming }: Route): boolean {
  return method === 'GET' && isStreaming !== true;
}

/** Returns the span of a request, by the semantic conventions of OpenTelemetry for HTTP servers. */
function spanOf({ route, pattern }: MatchedRoute, { url = '', headers }: IncomingMessage): SpanStart {
  return {
    name: `${route.method} ${pattern}`,
    kind: 'server',
    parent: headers['traceparent']?.toString(),
    attributes: {
      'http.request.method': route.method,
      'http.route': pattern,
      'url.path': url.replace(/\?.*/s, ''),
    },
  };
}

/** Adds the status of a response to its span. */
function annotateStatus(status: number, tracer: Tracer | undefined): void {
  tracer?.annotate({ 'http.response.status_code': status }, status >= 500 ? String(status) : undefined);
}

/** A request with its response. */
interface RequestContext {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** Name of the token. */
  readonly client: string | undefined;
  readonly repositories: RepositoryLimit | undefined;
  readonly outcome: RequestOutcome;
}

/** Context for writing an error response. */
interface ErrorContext {
  readonly route: Route;
  readonly isGzipped: boolean;
  readonly outcome: RequestOutcome;
}

type MatchedRoute = Extract<RoutingResult, { kind: 'route' }>;

/** Returns why a request has no response: the reason of the signal, `ClientDisconnected`, or the error itself. */
function abandonReasonOf(error: unknown, response: ServerResponse, signal: AbortSignal): unknown {
  if (signal.aborted && isAbort(error, signal)) return signal.reason;
  return isConnectionClosed(error, response) ? new ClientDisconnected() : error;
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

/** Error codes of Node for a connection that the peer closed. */
const connectionClosedCodes: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Returns whether the connection was closed while the response was written. The signal may be aborted slightly later. */
function isConnectionClosed(error: unknown, response: ServerResponse): boolean {
  return (
    response.destroyed &&
    error instanceof Error &&
    connectionClosedCodes.has((error as NodeJS.ErrnoException).code)
  );
}
