import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClairError } from '../core/errors.ts';
import { withFileErrors } from '../core/system-error.ts';
import { redactUrl } from '../kit/redact.ts';
import type { FeedClient } from '../plugin/advisory-source.ts';
import type { ClientOptions } from '../source/client/download.ts';
import { limitYoungGeneration } from './gc-tuning.ts';
import type { Progress, Transfer } from './progress.ts';

/** Makes clients of one place, with the options of each. */
export type FeedClientFactory = (options?: ClientOptions) => FeedClient;

/** Clients that are loaded when the first feed is asked for: a scan of a warm database fetches none. */
export function feedClientFactory(
  mirror: string | undefined,
  progress: Pick<Progress, 'transfer'>,
): FeedClientFactory {
  const onProgress = (transfer: Transfer): void => {
    progress.transfer(transfer);
  };
  const load = async (): Promise<FeedClientFactory> => {
    limitYoungGeneration();
    if (mirror === undefined || mirror.includes('://'))
      (await import('../kit/http/http-environment.ts')).applyNetworkEnv();
    if (mirror === undefined) return (await import('../source/client/upstream.ts')).upstreamClient;
    const { mirrorClient } = await import('../source/client/mirror.ts');
    return (options) => mirrorClient(mirror, options);
  };
  let make: Promise<FeedClientFactory> | undefined;
  return (options) => {
    // One client for all its requests: it remembers which hosts can be reached.
    let client: FeedClient | undefined;
    return {
      get: async (url, known) => {
        make ??= load();
        const made = await make;
        client ??= made({ onProgress, ...options });
        return await client.get(url, known);
      },
    };
  };
}

/** The client for whole feeds. */
export function feedClient(mirror: string | undefined, progress: Pick<Progress, 'transfer'>): FeedClient {
  return feedClientFactory(mirror, progress)();
}

/** Names where feeds are fetched from: those that came from elsewhere are fetched anew. */
export function originOf(mirror: string | undefined): string {
  if (mirror === undefined) return 'upstream';
  // The origin is stored, exported and shown: credentials of the URL do not belong there.
  return mirror.includes('://') ? redactUrl(mirror) : resolve(mirror);
}

/**
 * Throws `usage` for a mirror in a directory that is not there: nothing would be found in it, and all of that told feed by feed.
 * `option` is what names it.
 */
export function requireMirror(mirror: string | undefined, option = '--mirror'): void {
  if (mirror === undefined || mirror.includes('://')) return;
  if (
    withFileErrors(mirror, () => statSync(mirror, { throwIfNoEntry: false }), 'usage')?.isDirectory() !== true
  )
    throw new ClairError('usage', `${option} names ${mirror}, and there is no such directory`);
}
