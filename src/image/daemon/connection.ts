import { existsSync, readFileSync } from 'node:fs';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withFileErrors } from '../../core/system-error.ts';
import { withTimeout } from '../../kit/async/timeout.ts';
import { readAllBytes } from '../../kit/bytes/read-all-bytes.ts';
import { readChunks } from '../../kit/bytes/read-chunks.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import { parseDocument } from '../format/documents.ts';
import { DaemonUnavailable } from './daemon-unavailable.ts';
import { type DaemonEndpoint, type DaemonName, displayEndpoint, type TlsFiles } from './endpoint.ts';

/** A daemon, and where it listens. */
export interface Daemon {
  readonly name: DaemonName;
  readonly endpoint: DaemonEndpoint;
}

/** How long a daemon is waited for; the limits unless given. */
export interface DaemonTimeouts {
  readonly responseMs?: number;
  readonly exportMs?: number;
}

/** What a daemon answered, as one document. */
export interface DocumentResponse<T> {
  readonly content: T;
  readonly headers: IncomingHttpHeaders;
}

/** Asks a daemon for a document. Throws `Unavailable`, and a `ClairError` where the answer is none that can be used. */
export async function getDocument<T extends z.ZodMiniType>(
  daemon: Daemon,
  path: string,
  schema: T,
  timeouts: DaemonTimeouts = {},
): Promise<DocumentResponse<z.infer<T>>> {
  const response = await requestDaemon(daemon, path, { idleMs: timeouts.responseMs ?? limits.idleMs });
  const bytes = await readWholeBody(response, limits.manifestBytes);
  const content = parseDocument(bytes, `the answer to ${path} of ${displayDaemon(daemon)}`, schema);
  return { content, headers: response.headers };
}

/** Asks a daemon for bytes without end. They fail when the signal comes, when they break off, and when nothing comes for too long. */
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

/** The daemon as messages name it. */
export function displayDaemon({ name, endpoint }: Daemon): string {
  return `the ${name} daemon at ${displayEndpoint(endpoint)}`;
}

interface DaemonResponse {
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

interface DaemonRequestOptions {
  /** Nothing coming for so long ends it. */
  readonly idleMs: number;
  readonly signal?: AbortSignal;
}

async function requestDaemon(
  daemon: Daemon,
  path: string,
  options: DaemonRequestOptions,
): Promise<DaemonResponse> {
  options.signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const make = daemon.endpoint.kind === 'tcp' && daemon.endpoint.tls ? httpsRequest : httpRequest;
  const request = make({
    ...connectionTo(daemon.endpoint),
    path,
    agent: false,
    headers: { 'user-agent': 'clair', ...(daemon.endpoint.kind === 'socket' && { host: 'daemon' }) },
    ...(options.signal && { signal: options.signal }),
  });
  request.on('response', resolve).on('error', reject).end();
  const giveUp = (error: Error): void => {
    request.destroy(error);
  };
  const pending = { daemon, path, giveUp, ...options };
  const response = await withIdleTimeout(promise, pending).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw toUnavailable(error, daemon);
  });
  const body = bodyOf(response, pending);
  if (response.statusCode === 200) return { headers: response.headers, body };
  throw await toDaemonError(response.statusCode ?? 0, body, pending);
}

interface PendingRequest extends DaemonRequestOptions {
  readonly daemon: Daemon;
  readonly path: string;
  readonly giveUp: (error: Error) => void;
}

function connectionTo(endpoint: DaemonEndpoint): RequestOptions {
  if (endpoint.kind === 'socket') return { socketPath: endpoint.path };
  const { host, port, tls } = endpoint;
  return { host, port, ...(tls && certificatesIn(tls)) };
}

/** As the docker command has them: each file may be missing. */
function certificatesIn({ directory }: TlsFiles): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return Object.fromEntries(
    ['ca', 'cert', 'key'].flatMap((name) => {
      const path = join(directory, `${name}.pem`);
      return existsSync(path)
        ? [[name, withFileErrors(path, () => readFileSync(path), 'config-invalid')]]
        : [];
    }),
  );
}

/** Waits for what a daemon sends, and gives the daemon up when that takes too long. */
async function withIdleTimeout<T>(
  work: Promise<T>,
  { idleMs, daemon, path, giveUp }: PendingRequest,
): Promise<T> {
  return await withTimeout(work, idleMs, () => {
    const message = `${displayDaemon(daemon)} sends nothing of ${path} for ${idleMs / 1000} s`;
    const error = new ClairError('limit-exceeded', message);
    giveUp(error);
    return error;
  });
}

async function* bodyOf(response: IncomingMessage, pending: PendingRequest): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    const pieces = readChunks(response);
    for (;;) {
      const { done, value } = await withIdleTimeout(pieces.next(), pending);
      if (done) return;
      received += value.length;
      yield value;
    }
  } catch (error) {
    pending.signal?.throwIfAborted();
    if (error instanceof ClairError) throw error;
    const message = `${pending.path} of ${displayDaemon(pending.daemon)} broke off after ${received} bytes: ${messageOf(error)}`;
    throw new ClairError('target-corrupt', message, { cause: error });
  } finally {
    response.destroy();
  }
}

async function readWholeBody({ body }: DaemonResponse, bytesMax: number): Promise<Buffer> {
  const tooMuch = (): ClairError =>
    new ClairError('limit-exceeded', `a daemon answers with more than ${bytesMax} bytes`);
  return await readAllBytes(body, bytesMax, tooMuch);
}

function toUnavailable(error: unknown, daemon: Daemon): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const unavailable = (message: string): DaemonUnavailable =>
    new DaemonUnavailable(message, { cause: error });
  const displayName = displayDaemon(daemon);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return unavailable(`${displayName} may not be asked by this user; ${permissionAdvice(daemon.name)}`);
    case 'ENOENT':
      return unavailable(
        `there is no ${displayEndpoint(daemon.endpoint)}: the ${daemon.name} daemon is not running`,
      );
    case 'ECONNREFUSED':
      return unavailable(
        `nobody listens at ${displayEndpoint(daemon.endpoint)}: the ${daemon.name} daemon is not running`,
      );
    default:
      return error instanceof ClairError
        ? error
        : unavailable(`${displayName} cannot be reached: ${messageOf(error) || code}`);
  }
}

function permissionAdvice(name: DaemonName): string {
  return name === 'docker'
    ? 'add the user to the group docker, or use sudo'
    : 'use the socket of this user (systemctl --user start podman.socket), or sudo';
}

/** What Docker and podman say of what went wrong. */
const errorDocument = z.object({ message: z.string() });

/** A message of a daemon is shown up to so many characters. */
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
