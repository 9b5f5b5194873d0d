import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { readChunks } from '../bytes/read-chunks.ts';
import { connectTimeoutError } from './http-rules.ts';
import type { HttpHeaders } from './redirect-policy.ts';

/** Options of a connection. Node's defaults apply to absent ones. */
export interface ConnectionOptions {
  /** False opens a connection for this request only, without a proxy. */
  readonly agent?: HttpAgent | false;
  /** Opens a connection for this request only, through the proxies that this environment names. */
  readonly proxyEnv?: NodeJS.ProcessEnv;
  /** Path of a Unix socket to use instead of the host. */
  readonly socketPath?: string;
  /** Looks up the addresses of a host; not called if the host is an address. */
  readonly lookup?: LookupFunction;
  /** False accepts any certificate. */
  readonly rejectUnauthorized?: boolean;
  /** The name that the certificate of the server must have; the host by default. */
  readonly servername?: string;
  /** Authorities to trust instead of those that Node trusts, in PEM. */
  readonly ca?: readonly (string | Buffer)[];
  /** The certificate of the client and its key, in PEM. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** One request. */
export interface TransportRequest {
  readonly headers: HttpHeaders;
  /** Closes the connection when it aborts, before the response or during its body. */
  readonly signal: AbortSignal;
  readonly connection: ConnectionOptions;
  /** Maximum time to look up the host and connect to it. */
  readonly connectMs?: number | undefined;
  /** Sent by POST without `method`. */
  readonly body?: string | Uint8Array | undefined;
  /** Instead of GET, HEAD or POST. */
  readonly method?: 'PUT' | 'DELETE' | undefined;
  /** HEAD instead of GET. */
  readonly isHead?: boolean;
}

/** One response. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The decompressed body. */
  readonly body: AsyncIterable<Uint8Array> & { destroy(): unknown };
  /** Whether the body itself fails when no byte arrives for too long. */
  readonly hasOwnIdleTimeout: boolean;
}

/** Requests a URL once, without following redirects. Rejects with the error of the connection, or the reason of the signal. */
export async function sendRequest(
  url: URL,
  { headers, signal, connection, connectMs, body: content, method, isHead = false }: TransportRequest,
): Promise<TransportResponse> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = openRequest(
    url,
    connection,
    method ?? (content !== undefined ? 'POST' : isHead ? 'HEAD' : 'GET'),
  );
  setHeaders(request, headers, 'gzip, deflate, br');
  let open: { destroy(error: Error): unknown } = request;
  signal.addEventListener('abort', () => {
    open.destroy(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
  });
  if (connectMs !== undefined) limitConnecting(request, connectMs);
  request.on('response', resolve).on('error', reject).end(content);
  const response = await promise;
  const decoded = decodeContent(response);
  open = decoded;
  const body = {
    [Symbol.asyncIterator]: () => readChunks(decoded),
    destroy: () => decoded.destroy(),
  };
  return { status: response.statusCode ?? 0, headers: response.headers, body, hasOwnIdleTimeout: false };
}

function openRequest(
  { protocol, origin, pathname, search }: URL,
  { ca, proxyEnv, ...connection }: ConnectionOptions,
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE',
): ClientRequest {
  const [make, Agent] = protocol === 'https:' ? [httpsRequest, HttpsAgent] : [httpRequest, HttpAgent];
  return make(`${origin}${pathname}${search}`, {
    ...connection,
    ...(ca && { ca: [...ca] }),
    ...(proxyEnv && { agent: new Agent({ proxyEnv }) }),
    method,
  });
}

/** Sets header fields after `Host`, which Node has set. RFC 9110 §7.2. `codings` is the default of `Accept-Encoding`. */
export function setHeaders(request: ClientRequest, headers: HttpHeaders, codings: string): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) request.removeHeader(name);
    else request.setHeader(name, value);
  }
  if (!request.hasHeader('accept-encoding')) request.setHeader('accept-encoding', codings);
}

/** Ends a request if its connection is not established in time. */
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

/** Decodes the body of a response by its `Content-Encoding`, RFC 9110 §8.4. An unknown coding stays, as in browsers. */
export function decodeContent(response: IncomingMessage): Readable {
  const codings = (response.headers['content-encoding'] ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const decoders = codings.toReversed().map(decoderOf);
  const decoded = decoders.every((decoder) => decoder !== undefined)
    ? decoders.reduce<Readable>(pipeThrough, response)
    : response;
  return decoded.on('error', () => undefined); // the reader gets it, and there may be no reader
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

/** Connects two streams. A failure of either ends the other, and the reader of the result gets the error. */
function pipeThrough(source: Readable, decoder: Transform): Readable {
  pipeline(source, decoder, () => undefined);
  return decoder;
}
