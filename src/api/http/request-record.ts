import type { IncomingMessage } from 'node:http';
import { limits } from '../../core/limits.ts';
import { parseTraceparent } from '../../kit/trace/tracer.ts';
import { type AccessDecision, requiredScope } from './access.ts';
import type { LogDetails, Route } from './route.ts';
import { splitTarget } from './router.ts';

/** A finished request, for the log. It has no data of headers and bodies except these members. */
export interface RequestRecord {
  readonly protocol: 'HTTP' | 'gRPC';
  readonly method: string;
  /** Without the query, which may contain secrets. */
  readonly path: string;
  /** The label of the route, as in metrics; undefined if no route matches. */
  readonly route: string | undefined;
  /** The HTTP status, 499 if the client disconnected; or the name of the gRPC status. */
  readonly status: number | string;
  readonly isSuccess: boolean;
  readonly ms: number;
  /** Size of the response body in bytes, as sent; undefined for gRPC. */
  readonly bytes: number | undefined;
  /** IP address of the peer. */
  readonly client: string;
  readonly traceId: string | undefined;
  /** `X-Request-Id` of the client; undefined if it is malformed. */
  readonly requestId: string | undefined;
  /** Name of its token. */
  readonly token: string | undefined;
  /** The reason of a refusal; undefined if access was granted. */
  readonly refused: string | undefined;
  /** Whether it changes stored data other than by posting layers. */
  readonly isChange: boolean;
  readonly details: LogDetails;
}

/** The outcome of a request, filled while it is handled. */
export interface RequestOutcome {
  /** IP address of the peer, read early: a closed socket no longer has it. */
  readonly client: string;
  status: number;
  bytes: number;
  traceId: string | undefined;
  /** Whether the request found nothing to change. */
  isUnchanged: boolean;
  details: LogDetails;
}

/** Returns the IP address of a peer. A socket for both families maps IPv4 addresses to `::ffff:10.0.0.7`. */
export function clientAddress({ remoteAddress }: { readonly remoteAddress?: string | undefined }): string {
  return remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, '') ?? 'unknown';
}

/** Returns the initial outcome of a request. */
export function pendingOutcome({ socket }: Pick<IncomingMessage, 'socket'>): RequestOutcome {
  return {
    client: clientAddress(socket),
    status: 499,
    bytes: 0,
    traceId: undefined,
    isUnchanged: false,
    details: {},
  };
}

/** Returns the record of an HTTP request. */
export function toRequestRecord(
  { method = '', url = '', headers }: IncomingMessage,
  {
    route,
    verdict: decision,
    ms,
  }: { readonly route: Route | undefined; readonly verdict: AccessDecision; readonly ms: number },
  { client, status, bytes, traceId, isUnchanged, details }: RequestOutcome,
): RequestRecord {
  return {
    protocol: 'HTTP',
    method,
    path: truncateLogText(splitTarget(url).path),
    route: route?.name,
    status,
    isSuccess: status < 400,
    ms,
    bytes,
    client,
    traceId: traceId ?? parseTraceparent(headers['traceparent']?.toString())?.traceId,
    requestId: requestIdIn(headers['x-request-id']?.toString()),
    token: decision.token,
    refused: decision.refusal?.reason,
    isChange: !isUnchanged && route !== undefined && requiredScope(route) === 'admin',
    details,
  };
}

/** Truncates a text from a client to `limits.logTextCharacters`. */
export function truncateLogText(text: string): string {
  return text.length > limits.logTextCharacters ? `${text.slice(0, limits.logTextCharacters)}…` : text;
}

function requestIdIn(header: string | undefined): string | undefined {
  return header !== undefined && /^[\w.:/+=-]{1,128}$/.test(header) ? header : undefined;
}
