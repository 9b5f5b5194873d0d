import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../../kit/errors.ts';
import { limits, timerMsMax } from '../../kit/limits.ts';
import { type SpanStart, type Tracer, untraced } from '../../kit/trace/tracer.ts';
import { Turns } from '../../kit/turns.ts';
import { withStoreWait } from '../../store/store-wait.ts';
import type { Access, Verdict } from './access.ts';
import {
  type ApiAnswer,
  busySeconds,
  faultAnswer,
  type LogDetails,
  type Route,
  readBody,
  retryAfter,
  WireError,
} from './exchange.ts';
import type { RequestGuard } from './request-guard.ts';
import { newOutcome, type RequestOutcome, type RequestRecord, recordOf } from './request-record.ts';
import { type Found, notFound, type Router } from './router.ts';
import { UnreadAnswers } from './unread-answers.ts';
import { untilAborted, type Writing, writeAnswer } from './write-answer.ts';

/** What answering requests needs. */
export interface RequestsRoom {
  /** Asked in this order. */
  readonly routers: readonly Router[];
  readonly access: Access;
  /** Asked before `access`. */
  readonly guard: RequestGuard;
  /** How long a request may take before the answer is 503. */
  readonly timeoutMs: number;
  /** Told of mistakes of ours that a client only sees as 500. */
  readonly onError: (error: unknown) => void;
  /** Told of each answer of a route; 499 where the client did not wait for it. Of an endless one it is told at its beginning. */
  readonly onAnswered: (route: string, status: number, ms: number) => void;
  /** Called once for each request that has ended, refused ones and those that lead nowhere included. */
  readonly onRequest?: (record: RequestRecord) => void;
  /** Follows each request that a route answers. */
  readonly tracer?: Tracer;
  /** How long a client may take nothing of an answer; `limits` where it is not said. */
  readonly stalledMs?: number;
  /** The answers that clients have not taken yet. */
  readonly unread?: UnreadAnswers;
}

/** Why nobody waits for an answer any more. */
class TimeIsOver extends Error {}
class ClientIsGone extends Error {}

const timeoutMessage = 'Clair failed to respond within the configured timeout window.';

const timeoutAnswer: ApiAnswer = {
  status: 503,
  contentType: 'text/plain; charset=utf-8',
  text: `{"Error":{"Message":"${timeoutMessage}","Type":"Timeout"}}`,
};

/** Requests under way. */
export class Requests {
  readonly #room: RequestsRoom;
  readonly #tracer: Tracer;
  readonly #unsettled = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();
  readonly #largeBodies = new Turns(1);
  readonly #unread: UnreadAnswers;

  constructor(room: RequestsRoom) {
    this.#room = room;
    this.#tracer = room.tracer ?? untraced;
    this.#unread = room.unread ?? new UnreadAnswers();
  }

  /** Takes no more requests, and ends what would not end. */
  end(): void {
    this.#ending.abort();
  }

  /** Answers a request; never fails. */
  async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access, onError, onRequest } = this.#room;
    const started = performance.now();
    const found = this.#find(incoming);
    const route = found.kind === 'route' ? found.route : undefined;
    const verdict = this.#guarded(incoming, route) ?? access.check(incoming.headers.authorization, route);
    const outcome = newOutcome(incoming);
    try {
      if (verdict.refusal !== undefined) await this.#writeAlone(response, verdict.refusal.answer, outcome);
      else if (found.kind === 'answer') await this.#writeAlone(response, found.answer, outcome);
      else
        await this.#tracer.span(spanOf(found, incoming), () =>
          waitingAsUsual(found.route, () => this.#answerBy(found, { incoming, response, outcome })),
        );
    } catch (error) {
      onError(error);
      response.destroy();
    }
    onRequest?.(recordOf(incoming, { route, verdict, ms: performance.now() - started }, outcome));
  }

  /** The verdict on a request that is refused whoever sends it; undefined for any other. */
  #guarded(incoming: IncomingMessage, route: Route | undefined): Verdict | undefined {
    const refusal = this.#room.guard(incoming);
    if (refusal === undefined) return undefined;
    const { status, message } = refusal;
    return { refusal: { answer: (route?.faultWords ?? faultAnswer)(status, message), reason: message } };
  }

  /** Writes an answer that no route gave. */
  async #writeAlone(response: ServerResponse, answer: ApiAnswer, outcome: RequestOutcome): Promise<void> {
    outcome.bytes = await this.#write(response, answer, { isGzipped: false });
    outcome.status = answer.status;
  }

  /** Until no handler works any more, those included whose clients have their answer or went away. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#unsettled);
  }

  async #running<T>(work: Promise<T>): Promise<T> {
    this.#unsettled.add(work);
    try {
      return await work;
    } finally {
      this.#unsettled.delete(work);
    }
  }

  #find({ method = '', url = '' }: IncomingMessage): Found {
    for (const router of this.#room.routers) {
      const found = router(method, url);
      if (found !== undefined) return found;
    }
    return { kind: 'answer', answer: notFound };
  }

  /** Handlers parse a body at once: of several large ones, each is handed over in its own turn of the event loop. */
  async #bodyOf(incoming: IncomingMessage): Promise<Buffer> {
    const body = await readBody(incoming);
    if (body.length > limits.largeBodyBytes) await this.#largeBodies.take(() => setImmediate());
    return body;
  }

  async #answerBy(
    { route, params, query }: FoundRoute,
    { incoming, response, outcome }: AnsweredRequest,
  ): Promise<void> {
    const started = performance.now();
    const { isEndless = false } = route;
    using patience = this.#patience(response, isEndless);
    const { signal } = patience;
    const { headers } = incoming;
    const body = (): Promise<Buffer> => this.#bodyOf(incoming);
    const ending = this.#ending.signal;
    outcome.traceId = this.#tracer.traceId();
    const note = (details: LogDetails): void => {
      outcome.details = { ...outcome.details, ...details };
    };
    const request = { method: route.method, params, query, headers, body, signal, ending, note };
    // As Clair: even where it says that gzip is not wanted.
    const isGzipped = !isEndless && headers['accept-encoding']?.includes('gzip') === true;
    let status: number;
    let isTold = false;
    const tellOnce = (): void => {
      if (!isTold) this.#room.onAnswered(route.name, status, performance.now() - started);
      isTold = true;
    };
    try {
      const answer = await Promise.race([this.#running(route.handle(request)), untilAborted(signal)]);
      ({ status } = answer);
      if (answer.cause !== undefined) this.#room.onError(answer.cause);
      if (isEndless) {
        response.shouldKeepAlive = false;
        tellOnce();
      }
      const stalling = isEndless ? { stallMs: this.#room.stalledMs ?? limits.stalledMs } : {};
      outcome.bytes = await this.#write(response, answer, { isGzipped, signal, ...stalling });
    } catch (error) {
      const reason = reasonOf(error, response, signal);
      status = await this.#tell(reason, response, { route, isGzipped, outcome });
    }
    // The end of an endless answer is no failure of it.
    outcome.status = isEndless && response.headersSent ? response.statusCode : status;
    this.#tracer.note({ 'http.response.status_code': status }, status >= 500 ? String(status) : undefined);
    tellOnce();
  }

  /** The signal that nobody waits for an answer any more. */
  #patience(response: ServerResponse, isEndless: boolean): Disposable & { readonly signal: AbortSignal } {
    const over = new AbortController();
    response.once('close', () => {
      // Also the end of an answer that was sent whole closes it.
      if (!response.writableFinished) over.abort(new ClientIsGone());
    });
    const timer = isEndless
      ? undefined
      : setTimeout(
          () => {
            over.abort(new TimeIsOver());
          },
          Math.min(this.#room.timeoutMs, timerMsMax),
        );
    return {
      signal: over.signal,
      [Symbol.dispose]: () => {
        clearTimeout(timer);
      },
    };
  }

  /** Tells the client what went wrong, as far as it can still be told. Answers the status. */
  async #tell(
    error: unknown,
    response: ServerResponse,
    { route, isGzipped, outcome }: Failing,
  ): Promise<number> {
    if (error instanceof ClientIsGone) return 499;
    const answer = this.#answerTo(error, route);
    if (response.headersSent) response.destroy();
    else
      outcome.bytes = await this.#write(response, answer, {
        isGzipped: isGzipped && answer !== timeoutAnswer,
      });
    return answer.status;
  }

  async #write(response: ServerResponse, answer: ApiAnswer, writing: Writing): Promise<number> {
    // No other request of this connection is taken when the server is about to end.
    response.shouldKeepAlive &&= !this.#ending.signal.aborted;
    const isGzipped = writing.isGzipped && answer.isNeverCompressed !== true;
    const stallMs = this.#room.stalledMs;
    const bounds = { unread: this.#unread, ...(stallMs !== undefined && { stallMs }) };
    return await writeAnswer(response, answer, { ...bounds, ...writing, isGzipped });
  }

  #answerTo(error: unknown, { faultWords }: Route): ApiAnswer {
    if (error instanceof TimeIsOver)
      return faultWords?.(timeoutAnswer.status, timeoutMessage) ?? timeoutAnswer;
    if (error instanceof WireError) {
      const { status, message, retryAfterSeconds, cause } = error;
      if (cause !== undefined) this.#room.onError(cause);
      return faultAnswer(status, message, retryAfter(retryAfterSeconds));
    }
    this.#room.onError(error);
    if (error instanceof ClairError && error.code === 'store-unavailable')
      return (faultWords ?? faultAnswer)(503, 'the database cannot be reached', retryAfter(busySeconds));
    return (faultWords ?? faultAnswer)(500, 'internal server error');
  }
}

/** Who reads learns soon that the database is away; a change waits for it. What has no end waits as the program itself does. */
function waitingAsUsual<T>({ method, isEndless }: Route, work: () => T): T {
  if (isEndless === true) return work();
  return withStoreWait(method === 'GET' ? limits.storeReadWaitMs : limits.storeWriteWaitMs, work);
}

/** As OpenTelemetry names what a server does for HTTP. */
function spanOf({ route, pattern }: FoundRoute, { url = '', headers }: IncomingMessage): SpanStart {
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

/** A request on its way. */
interface AnsweredRequest {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly outcome: RequestOutcome;
}

/** How a failure is answered. */
interface Failing {
  readonly route: Route;
  readonly isGzipped: boolean;
  readonly outcome: RequestOutcome;
}

type FoundRoute = Extract<Found, { kind: 'route' }>;

/** Why a request was not answered: the reason of the signal, that the client is gone, or the error itself. */
function reasonOf(error: unknown, response: ServerResponse, signal: AbortSignal): unknown {
  if (signal.aborted && isAbort(error, signal)) return signal.reason;
  return isClosed(error, response) ? new ClientIsGone() : error;
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

/** How Node says that the other side closed the connection. */
const closedCodes: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Whether an error comes of a connection that was closed under an answer; the signal may come a moment later. */
function isClosed(error: unknown, response: ServerResponse): boolean {
  return (
    response.destroyed && error instanceof Error && closedCodes.has((error as NodeJS.ErrnoException).code)
  );
}
