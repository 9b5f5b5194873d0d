import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { limits } from '../../core/limits.ts';
import type { EncodedDocument } from './encoded-document.ts';
import type { RepositoryLimit } from './repository-limit.ts';

/** A request, as route handlers receive it. */
export interface ApiRequest {
  readonly method: string;
  /** The parameters of the path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Name of the token of the client. Undefined if the server has no tokens. */
  readonly client: string | undefined;
  /** The repositories to which that token is limited. */
  readonly repositories: RepositoryLimit | undefined;
  /** Headers by lower-case name. */
  readonly headers: IncomingHttpHeaders;
  /** Reads the body, at most its first MiB unless the route says otherwise. Throws `WireError` 413. */
  body(): Promise<Buffer>;
  /** Aborted when the client disconnects or the request times out. */
  readonly signal: AbortSignal;
  /** Aborted when the server shuts down: streams must end. */
  readonly shutdown: AbortSignal;
  /** Adds details to the log lines of this request, such as the name of the changed object. */
  readonly addLogDetails: (details: LogDetails) => void;
}

/** Details of a request for the log, by field name. */
export type LogDetails = Readonly<Record<string, string>>;

/** A response. Without `body`, `text`, `document` and `stream`, it has neither content nor content type. */
export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Written as JSON by `encodeGoJson`. Values of Go types need `text` from `encodeGoValue`. */
  readonly body?: unknown;
  /** Instead of `body`: written unchanged. */
  readonly text?: string;
  /** Instead of `body`: written unchanged. */
  readonly document?: EncodedDocument;
  /** Instead of `body`: written chunk by chunk. */
  readonly stream?: AsyncIterable<string>;
  /** JSON by default. */
  readonly contentType?: string;
  /** Not compressed, even if the client accepts gzip. */
  readonly isNeverCompressed?: true;
  /** Present if the request found nothing to change. Then it is no change of the audit log. */
  readonly isUnchanged?: true;
  /** The cause of an error response, for the log. */
  readonly cause?: unknown;
}

/** The rights of a token. `read`: read; `triage`: also save and delete suppressions; `scan`: also post layers; `admin`: everything. */
export type Scope = 'read' | 'triage' | 'scan' | 'admin';

/** Returns the response for an error. */
export type ErrorRenderer = (
  status: number,
  message: string,
  headers?: ApiResponse['headers'],
) => ApiResponse;

/** Handles a request of a route. */
export type RouteHandler = (request: ApiRequest) => Promise<ApiResponse>;

/** A handler for a method and a path. */
export interface Route {
  /** The label in metrics: `v1/getLayer`. */
  readonly name: string;
  readonly method: string;
  /** The path below the prefix. A segment with a leading colon is a parameter: `/layers/:name`. */
  readonly path: string;
  /** The scope that a token needs. By default, `read` for GET and `admin` for other methods. */
  readonly scope?: Scope;
  /** Maximum size of the body: a longer one gets 413. Without it, the first MiB of any body counts. */
  readonly bodyBytesMax?: number;
  /** The handler shows and changes only repositories to which the token is limited. Other routes refuse such tokens. */
  readonly checksRepositories?: true;
  /** The handler decides on access by a secret of its own, and no token is needed. */
  readonly checksAccess?: boolean;
  /** The response is an unbounded stream: it has no time limit and no compression, and clients that do not read are disconnected. */
  readonly isStreaming?: true;
  /** Returns the value that counts as `Authorization`, for clients that send tokens in other ways; by default that header. */
  readonly authorizationOf?: (headers: IncomingHttpHeaders) => string | undefined;
  /** Renders errors that the handler throws; `errorResponse` by default. */
  readonly renderError?: ErrorRenderer;
  /** Returns the error of this API for an error that the handler throws; by default the same error. */
  readonly translateError?: (error: unknown) => unknown;
  readonly handle: RouteHandler;
}

/** An error for the client. `renderError` of its route renders it; without that, it is `{"Error":{"Message":…}}`. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  /** `cause` is an error for the log, such as that of the database. */
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

/** Returns the error for an invalid request. */
export function badRequest(message: string): WireError {
  return new WireError(400, message);
}

/** `Retry-After` of a busy server, in seconds. */
export const busyRetrySeconds = 5;

/** Returns the `Retry-After` header; empty if a retry would not help. */
export function retryAfterHeader(seconds: number | undefined): Readonly<Record<string, string>> {
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) };
}

/** Returns an error response in the format of Clair v1. */
export function errorResponse(
  status: number,
  message: string,
  headers: ApiResponse['headers'] = {},
): ApiResponse {
  return { status, headers, body: { Error: { Message: message } } };
}

/**
 * Reads a body. Without a maximum, reads its first MiB, as Clair 2 does, and discards the rest. Throws `WireError` 413 if the body is longer
 * than the maximum.
 */
export async function readBody(incoming: IncomingMessage, bytesMax?: number): Promise<Buffer> {
  const { requestBodyBytes } = limits;
  const end = bytesMax === undefined ? requestBodyBytes : bytesMax + 1;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
    if (size >= end) break;
  }
  incoming.resume();
  if (bytesMax !== undefined && size > bytesMax)
    throw new WireError(413, `the body has more than ${bytesMax} bytes`);
  return Buffer.concat(chunks).subarray(0, end);
}
