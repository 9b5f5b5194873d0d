import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClairError } from '../kit/errors.ts';
import { redact } from '../kit/redact.ts';
import { readingFile } from '../kit/system-error.ts';
import type { FeedClient } from '../plugin/advisory-source.ts';
import { expectManyRecords } from './garbage.ts';
import type { Progress, Transfer } from './progress.ts';

/** A client that is loaded when the first feed is asked for: a scan of a warm database fetches none. */
export function feedClient(mirror: string | undefined, progress: Pick<Progress, 'transfer'>): FeedClient {
  const onProgress = (transfer: Transfer): void => {
    progress.transfer(transfer);
  };
  const load = async (): Promise<FeedClient> => {
    expectManyRecords();
    if (mirror === undefined || mirror.includes('://'))
      (await import('../kit/http/http-environment.ts')).heedNetworkEnvironment();
    return mirror === undefined
      ? (await import('../source/client/upstream.ts')).upstreamClient({ onProgress })
      : (await import('../source/client/mirror.ts')).mirrorClient(mirror, { onProgress });
  };
  let client: Promise<FeedClient> | undefined;
  return {
    get: async (url, known) => {
      client ??= load();
      return (await client).get(url, known);
    },
  };
}

/** Names where feeds are fetched from: those that came from elsewhere are fetched anew. */
export function originOf(mirror: string | undefined): string {
  if (mirror === undefined) return 'upstream';
  // The origin is stored, exported and shown: credentials of the URL do not belong there.
  return mirror.includes('://') ? redact(mirror) : resolve(mirror);
}

/** Throws `usage` for a mirror in a directory that is not there: nothing would be found in it, and all of that told feed by feed. */
export function requireMirror(mirror: string | undefined): void {
  if (mirror === undefined || mirror.includes('://')) return;
  if (readingFile(mirror, () => statSync(mirror, { throwIfNoEntry: false }), 'usage')?.isDirectory() !== true)
    throw new ClairError('usage', `--mirror names ${mirror}, and there is no such directory`);
}
