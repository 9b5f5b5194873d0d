import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { limits } from '../../core/limits.ts';

/** A request as a route sees it. */
export interface ApiRequest {
  readonly method: string;
  /** The parts of the path that the route names, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** By their names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The body, but at most its first MiB. */
  body(): Promise<Buffer>;
  /** Aborted when the client went away or the time is over: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Aborted when the server is told to stop: what would go on for ever ends now, in order. */
  readonly shutdown: AbortSignal;
  /** Adds details to the log lines of this request, such as the name of what it changes. */
  readonly addLogDetails: (details: LogDetails) => void;
}

/** Details of a request for the log, by their names. */
export type LogDetails = Readonly<Record<string, string>>;

/** An answer. Without `body`, `text` and `stream` it has neither content nor content type. */
export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written as Go's encoder does, on one line. */
  readonly body?: unknown;
  /** Instead of `body`: written as it is. */
  readonly text?: string;
  /** Instead of `body`: written as it comes. */
  readonly stream?: AsyncIterable<string>;
  /** JSON where it is not said. */
  readonly contentType?: string;
  /** Not even for who asks for it. */
  readonly isNeverCompressed?: true;
  /** Why it tells of a failure, where the log has to show it. */
  readonly cause?: unknown;
}

/** What a token allows: to look; to post layers too; everything. */
export type Scope = 'read' | 'scan' | 'admin';

/** Makes the answer that tells of a failure. */
export type ErrorRenderer = (
  status: number,
  message: string,
  headers?: ApiResponse['headers'],
) => ApiResponse;

/** One method of one path. */
export interface Route {
  /** The label in metrics: `v1/getLayer`. */
  readonly name: string;
  readonly method: string;
  /** Below the prefix; a part that begins with a colon is a parameter: `/layers/:name`. */
  readonly path: string;
  /** What a token has to allow, where tokens are asked for: by default `read` for GET and `admin` for the rest. */
  readonly scope?: Scope;
  /** The answer is a stream without an end: no time is set for it, it is not compressed, and who takes nothing of it is left. */
  readonly isStreaming?: true;
  /** How a failure is told that the handler has not told: as `faultAnswer` where it is not said. */
  readonly renderError?: ErrorRenderer;
  handle(request: ApiRequest): Promise<ApiResponse>;
}

/** A failure that the client is told of, as `{"Error":{"Message":…}}`. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  /** `cause` is a failure that the log has to show, such as that of the database. */
  constructor(
    status: number,
    message: string,
    options: { readonly retryAfterSeconds?: number; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.status = status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** How long a client waits where there is too much to do, in seconds. */
export const busyRetrySeconds = 5;

/** Tells a client when to come again, where that would help. */
export function retryAfterHeader(seconds: number | undefined): Readonly<Record<string, string>> {
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) };
}

/** The answer that tells of a failure. */
export function errorResponse(
  status: number,
  message: string,
  headers: ApiResponse['headers'] = {},
): ApiResponse {
  return { status, headers, body: { Error: { Message: message } } };
}

/** The first MiB of a body, as Clair reads it; what follows is received and thrown away. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
    if (size >= limits.requestBodyBytes) break;
  }
  incoming.resume();
  return Buffer.concat(chunks).subarray(0, limits.requestBodyBytes);
}
