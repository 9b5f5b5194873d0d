import type { IncomingMessage } from 'node:http';
import { limits } from '../../core/limits.ts';
import { parseTraceparent } from '../../kit/trace/tracer.ts';
import { type AccessDecision, requiredScope } from './access.ts';
import type { LogDetails, Route } from './route.ts';
import { splitTarget } from './router.ts';

/** A request that was answered, for the log. It holds nothing of headers and bodies but what is named here. */
export interface RequestRecord {
  readonly protocol: 'HTTP' | 'gRPC';
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  /** The label of the route, as in metrics; undefined if the path leads to none. */
  readonly route: string | undefined;
  /** The status of HTTP; 499 if the client did not wait. Or the name of that of gRPC. */
  readonly status: number | string;
  readonly isSuccess: boolean;
  readonly ms: number;
  /** Bytes of the body of the answer; undefined for gRPC. */
  readonly bytes: number | undefined;
  /** Address of the other side of the connection. */
  readonly client: string;
  readonly traceId: string | undefined;
  /** `X-Request-Id` of the client. */
  readonly requestId: string | undefined;
  /** Name of the token that came with it. */
  readonly token: string | undefined;
  /** Why access was refused; undefined if it was not. */
  readonly refused: string | undefined;
  /** Whether it changes what is stored, other than by posting layers. */
  readonly isChange: boolean;
  readonly details: LogDetails;
}

/** What becomes of a request while it is answered. */
export interface RequestOutcome {
  /** The other side of the connection; a socket has forgotten it once it is closed. */
  readonly client: string;
  status: number;
  bytes: number;
  traceId: string | undefined;
  details: LogDetails;
}

/** A request before anything has become of it. */
export function pendingOutcome({ socket }: Pick<IncomingMessage, 'socket'>): RequestOutcome {
  return {
    client: socket.remoteAddress ?? 'unknown',
    status: 499,
    bytes: 0,
    traceId: undefined,
    details: {},
  };
}

/** The record of a request over HTTP. */
export function toRequestRecord(
  { method = '', url = '', headers }: IncomingMessage,
  {
    route,
    verdict: decision,
    ms,
  }: { readonly route: Route | undefined; readonly verdict: AccessDecision; readonly ms: number },
  { client, status, bytes, traceId, details }: RequestOutcome,
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
    isChange: route !== undefined && requiredScope(route) === 'admin',
    details,
  };
}

/** A text that a client chose, cut to what the log takes. */
export function truncateLogText(text: string): string {
  return text.length > limits.logTextCharacters ? `${text.slice(0, limits.logTextCharacters)}…` : text;
}

function requestIdIn(header: string | undefined): string | undefined {
  return header !== undefined && /^[\w.:/+=-]{1,128}$/.test(header) ? header : undefined;
}
