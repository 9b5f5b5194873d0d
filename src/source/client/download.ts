import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { toDownloadError } from '../../kit/http/download-error.ts';
import { displayUrl } from '../../kit/http/http-client.ts';
import { type HttpOptions, httpGet } from '../../kit/http/http-get.ts';
import { HttpError } from '../../kit/http/http-rules.ts';
import { withMinimumThroughput } from '../../kit/http/minimum-throughput.ts';
import type { FeedClient, FetchOptions, FetchResult } from '../../plugin/advisory-source.ts';
import { Reachability } from './reachability.ts';

/** Options of both feed clients. Tests replace `sleep`, `idleMs` and `connectMs`. */
export type ClientOptions = Omit<HttpOptions, 'headers'>;

/** Dependencies of `download`. */
export interface DownloadDeps {
  readonly options: ClientOptions;
  readonly reachability: Reachability;
}

/** A request of a feed. */
export interface FeedRequest extends FetchOptions {
  readonly lastFingerprint: string | undefined;
}

/**
 * Downloads a feed by HTTP unless its fingerprint is unchanged. The fingerprint is its `ETag` and `Last-Modified` on
 * two lines.
 */
export async function download(
  url: string,
  { lastFingerprint, mayBeEmpty = false }: FeedRequest,
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
      mayBeEmpty,
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
    const explanation = toDownloadError(url, error);
    if (!(error instanceof HttpError)) throw explanation;
    if (error.unreachable === undefined) reachability.recordSuccess(host);
    else reachability.recordFailure(host, since, messageOf(explanation));
    throw explanation;
  }
}

/** Returns the conditional request headers (RFC 9110 §13.1). A fingerprint of another client gives none. */
function conditionsOf(lastFingerprint: string | undefined): Record<string, string> {
  const [etag, lastModified, ...more] = lastFingerprint?.split('\n') ?? [];
  if (lastModified === undefined || more.length > 0) return {};
  return {
    ...(etag && { 'if-none-match': etag }),
    ...(lastModified && { 'if-modified-since': lastModified }),
  };
}

/**
 * Returns `'unchanged'` for a 304 (RFC 9110 §15.4.5). Throws if the request had no condition, since a 304 has no
 * content.
 */
function unchanged(url: string, conditions: Record<string, string>): 'unchanged' {
  if (Object.keys(conditions).length > 0) return 'unchanged';
  throw new ClairError(
    'feed-unavailable',
    `cannot fetch ${displayUrl(url)}: the server answered 304 (Not Modified) to an unconditional request. Check the server, or the cache in front of it`,
  );
}

async function* withExplainedErrors(
  url: string,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw toDownloadError(url, error);
  }
}

/** Returns a client that fetches feeds from their vendors. */
export function upstreamClient(
  options: ClientOptions = {},
  reachability: Reachability = new Reachability(),
): FeedClient {
  return {
    get: (url, lastFingerprint, fetchOptions = {}) =>
      download(url, { lastFingerprint, ...fetchOptions }, { options, reachability }),
  };
}
