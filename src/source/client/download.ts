import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { displayUrl, type HttpOptions, httpGet } from '../../kit/http/http-client.ts';
import { HttpError } from '../../kit/http/http-rules.ts';
import { withMinimumThroughput } from '../../kit/http/minimum-throughput.ts';
import type { FetchResult } from '../../plugin/advisory-source.ts';
import type { Reachability } from './reachability.ts';

/** What both feed clients may be told; tests replace `sleep`, `idleMs` and `connectMs`. */
export type ClientOptions = Omit<HttpOptions, 'headers'>;

/** What one download needs: its options, and which hosts can be reached. */
export interface DownloadDeps {
  readonly options: ClientOptions;
  readonly reachability: Reachability;
}

/** Gets a feed by HTTP unless it still has the known fingerprint, which is its `ETag` and `Last-Modified` on two lines. */
export async function download(
  url: string,
  lastFingerprint: string | undefined,
  { options, reachability }: DownloadDeps,
): Promise<FetchResult> {
  const { host } = new URL(url);
  reachability.assertReachable(host);
  const since = reachability.now();
  const conditions = conditionsOf(lastFingerprint);
  try {
    const file = await httpGet(url, {
      connectMs: limits.connectMs,
      ...options,
      headers: { 'user-agent': 'clair', ...conditions },
    });
    reachability.recordSuccess(host);
    if (file === 'not-modified') return unchanged(url, conditions);
    if (file === 'not-found') return 'absent';
    const etag = file.headers.etag ?? '';
    const lastModified = file.headers['last-modified'] ?? '';
    const modifiedMs = Date.parse(lastModified);
    return {
      url: displayUrl(url),
      body: withExplainedErrors(url, withMinimumThroughput(file.body, options.idleMs ?? limits.idleMs)),
      fingerprint: `${etag}\n${lastModified}`,
      ...(Number.isNaN(modifiedMs) ? {} : { lastModified: new Date(modifiedMs).toISOString() }),
    };
  } catch (error) {
    const explanation = toFeedError(url, error);
    if (!(error instanceof HttpError)) throw explanation;
    if (error.unreachable === undefined) reachability.recordSuccess(host);
    else reachability.recordFailure(host, since, messageOf(explanation));
    throw explanation;
  }
}

/** RFC 9110 §13.1. A fingerprint that another client made asks for no condition. */
function conditionsOf(lastFingerprint: string | undefined): Record<string, string> {
  const [etag, lastModified, ...more] = lastFingerprint?.split('\n') ?? [];
  if (lastModified === undefined || more.length > 0) return {};
  return {
    ...(etag && { 'if-none-match': etag }),
    ...(lastModified && { 'if-modified-since': lastModified }),
  };
}

/** RFC 9110 §15.4.5: 304 answers a condition. Without one, it means nothing, and there would be no content. */
function unchanged(url: string, conditions: Record<string, string>): 'unchanged' {
  if (Object.keys(conditions).length > 0) return 'unchanged';
  throw new ClairError(
    'feed-unavailable',
    `cannot fetch ${displayUrl(url)}: the server answers 304 (not modified) to a request without a condition. Check the server, or the cache before it`,
  );
}

async function* withExplainedErrors(
  url: string,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw toFeedError(url, error);
  }
}

/** The error says what failed and why. What to do about it, the command or the server knows. */
function toFeedError(url: string, error: unknown): unknown {
  if (error instanceof ClairError && error.limit === 'idleBytes')
    return new ClairError('feed-unavailable', `cannot fetch ${displayUrl(url)}: ${error.message}`, {
      cause: error,
    });
  if (!(error instanceof HttpError)) return error;
  const message =
    error.unreachable === undefined
      ? `cannot fetch ${displayUrl(url)}: ${messageOf(error)}`
      : `cannot reach ${error.unreachable} (${connectionMessage(error)})`;
  return new ClairError('feed-unavailable', message, { cause: error });
}

const connectionMessages: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'no such host or no network'],
  ['EAI_AGAIN', 'no such host or no network'],
  ['ECONNREFUSED', 'connection refused'],
  ['EHOSTUNREACH', 'no route to the host'],
  ['ENETUNREACH', 'no network'],
  ['ETIMEDOUT', 'no answer in time'],
]);

function connectionMessage(error: HttpError): string {
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return connectionMessages.get(code) ?? messageOf(error);
}
