import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { connectTimeoutError } from './http-rules.ts';

/** How a connection is made; what is absent is done as Node does it. */
export interface ConnectionOptions {
  readonly agent?: Agent;
  /** Finds the addresses of a host; not asked where the host is an address. */
  readonly lookup?: LookupFunction;
  /** False takes any certificate. */
  readonly rejectUnauthorized?: boolean;
  /** Authorities to trust instead of those that Node does, in PEM. */
  readonly ca?: readonly string[];
  /** What the client shows of itself, in PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** One request. */
export interface TransportRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the connection, before the answer and while its body comes. */
  readonly signal: AbortSignal;
  readonly connection: ConnectionOptions;
  /** How long looking up the host and connecting to it may take. */
  readonly connectMs?: number | undefined;
  /** Sent as the body of a POST. */
  readonly post?: string;
}

/** One answer; `body` is free of transport compression. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** Asks a URL once: no redirect is followed. Rejects with what the connection failed with, or the reason of the signal. */
export async function sendRequest(
  url: URL,
  { headers, signal, connection: { ca, ...connection }, connectMs, post }: TransportRequest,
): Promise<TransportResponse> {
  signal.throwIfAborted();
  const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const target = `${url.origin}${url.pathname}${url.search}`;
  const request = make(target, {
    ...connection,
    ...(ca && { ca: [...ca] }),
    ...(post !== undefined && { method: 'POST' }),
    headers: { 'accept-encoding': 'gzip, deflate, br', ...headers },
  });
  let open: { destroy(error: Error): unknown } = request;
  signal.addEventListener('abort', () => {
    open.destroy(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
  });
  if (connectMs !== undefined) limitConnecting(request, connectMs);
  request.on('response', resolve).on('error', reject).end(post);
  const response = await promise;
  const body = decodeContent(response);
  open = body;
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** Ends a request whose connection does not come about in time. */
function limitConnecting(request: ClientRequest, connectMs: number): void {
  const timer = setTimeout(() => request.destroy(connectTimeoutError(connectMs)), connectMs);
  const stop = (): void => {
    clearTimeout(timer);
  };
  request.on('close', stop).on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', stop);
    else stop();
  });
}

/** The body of an answer without the codings that it tells. RFC 9110 §8.4. A coding nobody knows is left as it is, as browsers do. */
export function decodeContent(response: IncomingMessage): Readable {
  const codings = (response.headers['content-encoding'] ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const decoders = codings.toReversed().map(decoderOf);
  const decoded = decoders.every((decoder) => decoder !== undefined)
    ? decoders.reduce<Readable>(pipeThrough, response)
    : response;
  return decoded.on('error', () => undefined); // told to whoever reads it, and nobody may
}

function decoderOf(coding: string): Transform | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    default:
      return undefined;
  }
}

/** A failure on either side ends the other; whoever reads the result is told. */
function pipeThrough(source: Readable, decoder: Transform): Readable {
  pipeline(source, decoder, () => undefined);
  return decoder;
}
