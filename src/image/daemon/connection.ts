import { existsSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withFileErrors } from '../../core/system-error.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import { httpRequest } from '../../kit/http/http-client.ts';
import { NoResponseError } from '../../kit/http/http-rules.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import { parseDocument } from '../format/documents.ts';
import {
  type DaemonEndpoint,
  type DaemonName,
  DaemonUnavailable,
  displayEndpoint,
  type TlsFiles,
} from './endpoint.ts';

/** A daemon and its endpoint. */
export interface Daemon {
  readonly name: DaemonName;
  readonly endpoint: DaemonEndpoint;
}

/** Timeouts of requests to a daemon, in milliseconds. The limits by default. */
export interface DaemonTimeouts {
  readonly responseMs?: number;
  readonly exportMs?: number;
}

/** A document in a daemon's response. */
export interface DocumentResponse<T> {
  readonly content: T;
  readonly headers: IncomingHttpHeaders;
}

/** Requests a document from a daemon. Throws `DaemonUnavailable`, or a `ClairError` if the response is unusable. */
export async function getDocument<T extends z.ZodMiniType>(
  daemon: Daemon,
  path: string,
  schema: T,
  timeouts: DaemonTimeouts = {},
): Promise<DocumentResponse<z.infer<T>>> {
  const response = await requestDaemon(daemon, path, { idleMs: timeouts.responseMs ?? limits.idleMs });
  const bytes = await readWholeBody(response, limits.manifestBytes);
  const content = parseDocument(bytes, `the response to ${path} of ${displayDaemon(daemon)}`, schema);
  return { content, headers: response.headers };
}

/**
 * Requests a stream of unknown length from a daemon. The stream fails if the signal aborts, if the connection breaks off, and if no data
 * arrives for `idleMs`.
 */
export async function getStream(
  daemon: Daemon,
  path: string,
  signal: AbortSignal,
  timeouts: DaemonTimeouts = {},
): Promise<AsyncIterable<Uint8Array>> {
  const response = await requestDaemon(daemon, path, {
    idleMs: timeouts.exportMs ?? limits.exportIdleMs,
    signal,
  });
  return response.body;
}

/** Returns the name of a daemon for messages. */
export function displayDaemon({ name, endpoint }: Daemon): string {
  return `the ${name} daemon at ${displayEndpoint(endpoint)}`;
}

interface DaemonResponse {
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

interface DaemonRequestOptions {
  /** Milliseconds without data after which the request fails. */
  readonly idleMs: number;
  readonly signal?: AbortSignal;
}

/** A request that waits for its response, or for a part of it. */
interface PendingRequest extends DaemonRequestOptions {
  readonly daemon: Daemon;
  readonly path: string;
}

/** Redirects are not followed: a daemon has a single endpoint. */
async function requestDaemon(
  daemon: Daemon,
  path: string,
  options: DaemonRequestOptions,
): Promise<DaemonResponse> {
  const pending = { daemon, path, ...options };
  const response = await httpRequest(new URL(path, originOf(daemon.endpoint)), {
    headers: { 'user-agent': 'clair', 'accept-encoding': 'identity' },
    connect: () => connectionTo(daemon.endpoint),
    redirect: 'manual',
    totalMs: Number.POSITIVE_INFINITY,
    ...options,
  }).catch((error: unknown) => {
    throw error instanceof NoResponseError ? toUnavailable(error.cause, pending) : error;
  });
  const body = bodyOf(response.body, pending);
  if (response.status === 200) return { headers: response.headers, body };
  throw await toDaemonError(response.status, body, pending);
}

/** The host of a socket is a name that the daemon ignores. */
function originOf(endpoint: DaemonEndpoint): string {
  if (endpoint.kind === 'socket') return 'http://daemon';
  const { host, port, tls } = endpoint;
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function connectionTo(endpoint: DaemonEndpoint): ConnectionOptions {
  if (endpoint.kind === 'socket') return { agent: false, socketPath: endpoint.path };
  return { agent: false, ...(endpoint.tls && certificatesIn(endpoint.tls)) };
}

/** Reads the certificate files of the docker command. Each file may be missing. */
function certificatesIn({ directory }: TlsFiles): Pick<ConnectionOptions, 'ca' | 'cert' | 'key'> {
  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => {
    const path = join(directory, `${name}.pem`);
    return existsSync(path) ? withFileErrors(path, () => readFileSync(path), 'config-invalid') : undefined;
  });
  return { ...(ca && { ca: [ca] }), ...(cert && { cert }), ...(key && { key }) };
}

async function* bodyOf(
  pieces: AsyncIterable<Uint8Array>,
  pending: PendingRequest,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const piece of pieces) {
      received += piece.length;
      yield piece;
    }
  } catch (error) {
    pending.signal?.throwIfAborted();
    if (error instanceof ClairError) throw toIdleError(error, pending);
    const message = `${pending.path} of ${displayDaemon(pending.daemon)} broke off after ${received} bytes: ${messageOf(error)}`;
    throw new ClairError('target-corrupt', message, { cause: error });
  }
}

function toIdleError(error: ClairError, { daemon, path, idleMs }: PendingRequest): ClairError {
  if (error.limit !== 'idleMs') return error;
  const message = `${displayDaemon(daemon)} sent no data of ${path} for ${idleMs / 1000} s`;
  return new ClairError('limit-exceeded', message);
}

async function readWholeBody({ body }: DaemonResponse, bytesMax: number): Promise<Buffer> {
  const tooMuch = (): ClairError =>
    new ClairError('limit-exceeded', `the response of a daemon has more than ${bytesMax} bytes`);
  return await readAllBytes(body, bytesMax, tooMuch);
}

function toUnavailable(error: unknown, pending: PendingRequest): Error {
  const { daemon } = pending;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const unavailable = (message: string): DaemonUnavailable =>
    new DaemonUnavailable(message, { cause: error });
  const displayName = displayDaemon(daemon);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return unavailable(`${displayName}: Permission denied (${code}); ${permissionAdvice(daemon.name)}`);
    case 'ENOENT':
      return unavailable(
        `${displayEndpoint(daemon.endpoint)}: No such file or directory (ENOENT); the ${daemon.name} daemon is not running`,
      );
    case 'ECONNREFUSED':
      return unavailable(
        `${displayEndpoint(daemon.endpoint)}: Connection refused (ECONNREFUSED); the ${daemon.name} daemon is not running`,
      );
    default:
      return error instanceof ClairError
        ? toIdleError(error, pending)
        : unavailable(`${displayName} cannot be reached: ${messageOf(error) || code}`);
  }
}

function permissionAdvice(name: DaemonName): string {
  return name === 'docker'
    ? 'add the user to the group docker, or use sudo'
    : 'use the socket of this user (systemctl --user start podman.socket), or sudo';
}

/** The error document of Docker and podman. */
const errorDocument = z.object({ message: z.string() });

/** Maximum length of a daemon's message in our messages. */
const messageCharacters = 500;

async function toDaemonError(
  status: number,
  body: DaemonResponse['body'],
  { daemon, path }: PendingRequest,
): Promise<Error> {
  const reason = await errorMessageIn({ headers: {}, body }).catch(() => '');
  const message = `${status} from ${path} of ${displayDaemon(daemon)}${reason === '' ? '' : `: ${reason}`}`;
  return status === 404 ? new DaemonUnavailable(message) : new ClairError('target-not-found', message);
}

async function errorMessageIn(response: DaemonResponse): Promise<string> {
  const { message } = parseDocument(
    await readWholeBody(response, limits.requestBodyBytes),
    'a fault',
    errorDocument,
  );
  return toSingleLine(message, messageCharacters);
}
