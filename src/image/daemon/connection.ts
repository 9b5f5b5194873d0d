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
import { piecesOf } from '../../kit/bytes/pieces.ts';
import { wholeOf } from '../../kit/bytes/whole-of.ts';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { inTime } from '../../kit/in-time.ts';
import { limits } from '../../kit/limits.ts';
import { oneLine } from '../../kit/one-line.ts';
import { readingFile } from '../../kit/system-error.ts';
import { parseDocument } from '../format/documents.ts';
import { type DaemonName, displayEndpoint, type Endpoint, type TlsFiles } from './endpoint.ts';
import { Unavailable } from './unavailable.ts';

/** A daemon, and where it listens. */
export interface Daemon {
  readonly name: DaemonName;
  readonly endpoint: Endpoint;
}

/** How long a daemon is waited for; the limits unless given. */
export interface Patience {
  readonly answerMs?: number;
  readonly exportMs?: number;
}

/** What a daemon answered, as one document. */
export interface Document<T> {
  readonly content: T;
  readonly headers: IncomingHttpHeaders;
}

/** Asks a daemon for a document. Throws `Unavailable`, and a `ClairError` where the answer is none that can be used. */
export async function getDocument<T extends z.ZodMiniType>(
  daemon: Daemon,
  path: string,
  schema: T,
  patience: Patience = {},
): Promise<Document<z.infer<T>>> {
  const answer = await ask(daemon, path, { ms: patience.answerMs ?? limits.idleMs });
  const bytes = await wholeBody(answer, limits.manifestBytes);
  const content = parseDocument(bytes, `the answer to ${path} of ${nameOf(daemon)}`, schema);
  return { content, headers: answer.headers };
}

/** Asks a daemon for bytes without end. They fail when the signal comes, when they break off, and when nothing comes for too long. */
export async function getStream(
  daemon: Daemon,
  path: string,
  signal: AbortSignal,
  patience: Patience = {},
): Promise<AsyncIterable<Uint8Array>> {
  const answer = await ask(daemon, path, { ms: patience.exportMs ?? limits.exportIdleMs, signal });
  return answer.body;
}

/** The daemon as messages name it. */
export function nameOf({ name, endpoint }: Daemon): string {
  return `the ${name} daemon at ${displayEndpoint(endpoint)}`;
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

interface Waiting {
  /** Nothing coming for so long ends it. */
  readonly ms: number;
  readonly signal?: AbortSignal;
}

async function ask(daemon: Daemon, path: string, waiting: Waiting): Promise<Answer> {
  waiting.signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const make = daemon.endpoint.kind === 'tcp' && daemon.endpoint.tls ? httpsRequest : httpRequest;
  const request = make({
    ...connectionTo(daemon.endpoint),
    path,
    agent: false,
    headers: { 'user-agent': 'clair', ...(daemon.endpoint.kind === 'socket' && { host: 'daemon' }) },
    ...(waiting.signal && { signal: waiting.signal }),
  });
  request.on('response', resolve).on('error', reject).end();
  const giveUp = (error: Error): void => {
    request.destroy(error);
  };
  const call = { daemon, path, giveUp, ...waiting };
  const response = await waitFor(promise, call).catch((error: unknown) => {
    waiting.signal?.throwIfAborted();
    throw unreachable(error, daemon);
  });
  const body = bodyOf(response, call);
  if (response.statusCode === 200) return { headers: response.headers, body };
  throw await refusal(response.statusCode ?? 0, body, call);
}

interface Call extends Waiting {
  readonly daemon: Daemon;
  readonly path: string;
  readonly giveUp: (error: Error) => void;
}

function connectionTo(endpoint: Endpoint): RequestOptions {
  if (endpoint.kind === 'socket') return { socketPath: endpoint.path };
  const { host, port, tls } = endpoint;
  return { host, port, ...(tls && certificatesIn(tls)) };
}

/** As the docker command has them: each file may be missing. */
function certificatesIn({ directory }: TlsFiles): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return Object.fromEntries(
    ['ca', 'cert', 'key'].flatMap((name) => {
      const path = join(directory, `${name}.pem`);
      return existsSync(path) ? [[name, readingFile(path, () => readFileSync(path), 'config-invalid')]] : [];
    }),
  );
}

/** Waits for what a daemon sends, and gives the daemon up when that takes too long. */
async function waitFor<T>(work: Promise<T>, { ms, daemon, path, giveUp }: Call): Promise<T> {
  return await inTime(work, ms, () => {
    const message = `${nameOf(daemon)} sends nothing of ${path} for ${ms / 1000} s`;
    const error = new ClairError('limit-exceeded', message);
    giveUp(error);
    return error;
  });
}

async function* bodyOf(response: IncomingMessage, call: Call): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    const pieces = piecesOf(response);
    for (;;) {
      const { done, value } = await waitFor(pieces.next(), call);
      if (done) return;
      received += value.length;
      yield value;
    }
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof ClairError) throw error;
    const message = `${call.path} of ${nameOf(call.daemon)} broke off after ${received} bytes: ${messageOf(error)}`;
    throw new ClairError('target-corrupt', message, { cause: error });
  } finally {
    response.destroy();
  }
}

async function wholeBody({ body }: Answer, bytesMax: number): Promise<Buffer> {
  const tooMuch = (): ClairError =>
    new ClairError('limit-exceeded', `a daemon answers with more than ${bytesMax} bytes`);
  return await wholeOf(body, bytesMax, tooMuch);
}

function unreachable(error: unknown, daemon: Daemon): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const told = (words: string): Unavailable => new Unavailable(words, { cause: error });
  const who = nameOf(daemon);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return told(`${who} may not be asked by this user; ${permissionAdvice(daemon.name)}`);
    case 'ENOENT':
      return told(
        `there is no ${displayEndpoint(daemon.endpoint)}: the ${daemon.name} daemon is not running`,
      );
    case 'ECONNREFUSED':
      return told(
        `nobody listens at ${displayEndpoint(daemon.endpoint)}: the ${daemon.name} daemon is not running`,
      );
    default:
      return error instanceof ClairError
        ? error
        : told(`${who} cannot be reached: ${messageOf(error) || code}`);
  }
}

function permissionAdvice(name: DaemonName): string {
  return name === 'docker'
    ? 'add the user to the group docker, or use sudo'
    : 'use the socket of this user (systemctl --user start podman.socket), or sudo';
}

/** What Docker and podman say of what went wrong. */
const fault = z.object({ message: z.string() });

/** A message of a daemon is shown up to so many characters. */
const messageCharacters = 500;

async function refusal(status: number, body: Answer['body'], { daemon, path }: Call): Promise<Error> {
  const words = await faultIn({ headers: {}, body }).catch(() => '');
  const message = `${status} from ${path} of ${nameOf(daemon)}${words === '' ? '' : `: ${words}`}`;
  return status === 404 ? new Unavailable(message) : new ClairError('target-not-found', message);
}

async function faultIn(answer: Answer): Promise<string> {
  const { message } = parseDocument(await wholeBody(answer, limits.requestBodyBytes), 'a fault', fault);
  return oneLine(message, messageCharacters);
}
