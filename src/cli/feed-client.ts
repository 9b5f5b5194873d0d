import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClairError } from '../core/errors.ts';
import { withFileErrors } from '../core/system-error.ts';
import { redactUrl } from '../kit/redact.ts';
import type { FeedClient } from '../plugin/advisory-source.ts';
import type { ClientOptions } from '../source/client/download.ts';
import type { Progress, Transfer } from './progress.ts';
import { tuneForFeeds } from './v8-flags.ts';

/** Creates clients of one origin. */
export type FeedClientFactory = (options?: ClientOptions) => FeedClient;

/** Returns a factory of clients that load their code on the first request, because a scan often fetches nothing. */
export function feedClientFactory(
  mirror: string | undefined,
  progress: Pick<Progress, 'transfer'>,
): FeedClientFactory {
  const onProgress = (transfer: Transfer): void => {
    progress.transfer(transfer);
  };
  const load = async (): Promise<FeedClientFactory> => {
    tuneForFeeds();
    if (mirror === undefined || mirror.includes('://'))
      (await import('../kit/http/http-environment.ts')).applyNetworkEnv();
    if (mirror === undefined) return (await import('../source/client/download.ts')).upstreamClient;
    const { mirrorClient } = await import('../source/client/mirror.ts');
    return (options) => mirrorClient(mirror, options);
  };
  let make: Promise<FeedClientFactory> | undefined;
  return (options) => {
    // One client for all requests, because it remembers unreachable hosts.
    let client: FeedClient | undefined;
    return {
      get: async (url, known, fetchOptions) => {
        make ??= load();
        const made = await make;
        client ??= made({ onProgress, ...options });
        return await client.get(url, known, fetchOptions);
      },
    };
  };
}

/** Returns a client that fetches feeds from a mirror or from the vendors. */
export function feedClient(mirror: string | undefined, progress: Pick<Progress, 'transfer'>): FeedClient {
  return feedClientFactory(mirror, progress)();
}

/** Returns the name of an origin. Feeds of another origin are fetched again. */
export function originOf(mirror: string | undefined): string {
  if (mirror === undefined) return 'upstream';
  // The origin is stored, exported and shown, so it must not contain credentials.
  return mirror.includes('://') ? redactUrl(mirror) : resolve(mirror);
}

/**
 * Throws `usage` if a mirror is a directory that does not exist. Otherwise each feed would fail by itself. `option` is the option or
 * setting to name.
 */
export function requireMirror(mirror: string | undefined, option = '--mirror'): void {
  if (mirror === undefined || mirror.includes('://')) return;
  if (
    withFileErrors(mirror, () => statSync(mirror, { throwIfNoEntry: false }), 'usage')?.isDirectory() !== true
  )
    throw new ClairError('usage', `${option} names ${mirror}, and there is no such directory`);
}
