import { ClairError, messageOf } from '../../kit/errors.ts';
import { displayUrl, type HttpOptions, httpGet } from '../../kit/http/http-client.ts';
import { HttpError } from '../../kit/http/http-rules.ts';
import type { FeedAnswer } from '../../plugin/advisory-source.ts';

/** What both feed clients may be told; tests replace `sleep` and `idleMs`. */
export type ClientOptions = Omit<HttpOptions, 'headers'> & {
  /** What a message advises when a download fails; that of the commands by default. */
  readonly advice?: string;
};

/** Gets a feed by HTTP unless it still has the known fingerprint, which is its `ETag` and `Last-Modified` on two lines. */
export async function download(
  url: string,
  known: string | undefined,
  options: ClientOptions,
): Promise<FeedAnswer> {
  try {
    const file = await httpGet(url, { ...options, headers: { 'user-agent': 'clair', ...conditions(known) } });
    if (file === 'not-modified') return 'unchanged';
    if (file === 'not-found') return 'absent';
    const etag = file.headers.etag ?? '';
    const lastModified = file.headers['last-modified'] ?? '';
    const modifiedMs = Date.parse(lastModified);
    return {
      url: displayUrl(url),
      body: explained(url, file.body, options),
      fingerprint: `${etag}\n${lastModified}`,
      ...(Number.isNaN(modifiedMs) ? {} : { lastModified: new Date(modifiedMs).toISOString() }),
    };
  } catch (error) {
    throw explain(url, error, options);
  }
}

/** RFC 9110 §13.1. A fingerprint that another client made asks for no condition. */
function conditions(known: string | undefined): Record<string, string> {
  const [etag, lastModified, ...more] = known?.split('\n') ?? [];
  if (lastModified === undefined || more.length > 0) return {};
  return {
    ...(etag && { 'if-none-match': etag }),
    ...(lastModified && { 'if-modified-since': lastModified }),
  };
}

async function* explained(
  url: string,
  body: AsyncIterable<Uint8Array>,
  options: ClientOptions,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw explain(url, error, options);
  }
}

const commandAdvice = 'Try again later, name another place with --mirror, or use --offline';

function explain(url: string, error: unknown, { advice = commandAdvice }: ClientOptions): unknown {
  if (!(error instanceof HttpError)) return error;
  const message = `cannot fetch ${displayUrl(url)}: ${messageOf(error)}. ${advice}`;
  return new ClairError('feed-unavailable', message, { cause: error });
}
