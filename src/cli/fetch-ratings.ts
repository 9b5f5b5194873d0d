import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../core/limits.ts';
import { cve, cveDirectories, cveInMirror } from '../enrich/cve/cve.ts';
import { HttpError } from '../kit/http/http-rules.ts';
import type { ConnectionOptions } from '../kit/http/http-transport.ts';
import type { UpdateFeedsDeps } from '../service/feeds/update-feeds.ts';
import type { RatingLookupRequest, RatingLookupResult } from '../service/findings/assess-packages.ts';
import { lookUpRatings, type RatingLookupDeps } from '../service/findings/look-up-ratings.ts';
import type { ClientOptions } from '../source/client/download.ts';
import type { CommandContext } from './command-context.ts';

/** Dependencies of `fetchRatings`. */
interface FetchRatingsDeps {
  readonly context: CommandContext;
  readonly updateDeps: UpdateFeedsDeps;
  readonly mirror: string | undefined;
}

/** Looks up ratings upstream or in a mirror. */
export async function fetchRatings(
  found: RatingLookupRequest,
  { context, updateDeps, mirror }: FetchRatingsDeps,
): Promise<RatingLookupResult> {
  const { createFeedClient, extensions } = context;
  return await lookUpRatings(found, {
    updating: updateDeps,
    enrichers: extensions.enrichers,
    documents: documentsIn(mirror),
    feedClient: (signal) => createFeedClient({ ...lookupClientOptions, signal }),
    documentClient: (signal) =>
      createFeedClient({
        ...lookupClientOptions,
        signal,
        connect: onOneOrigin(),
        onProgress: () => undefined,
      }),
    cachesAbsence: !isDirectory(mirror),
  });
}

/** Limits of lookups, which are shorter than those of updates. */
const lookupClientOptions: ClientOptions = {
  attempts: limits.lookupAttempts,
  pauseMsMax: limits.lookupPauseMs,
  idleMs: limits.lookupMs,
};

function isDirectory(mirror: string | undefined): mirror is string {
  return mirror !== undefined && !mirror.includes('://');
}

function documentsIn(mirror: string | undefined): RatingLookupDeps['documents'] {
  if (mirror === undefined) return cve;
  if (!isDirectory(mirror) || cveDirectories.some((path) => existsSync(join(mirror, path))))
    return cveInMirror;
  return {
    name: cve.name,
    reason:
      'ratings cannot be looked up: the mirror has no CVE records; load the CVE list with clair db update cve, or clone it into the mirror',
  };
}

/** Restricts a download to the origin of its first URL, because CVE records are stored nowhere else. */
function onOneOrigin(): (url: URL) => ConnectionOptions {
  let origin: string | undefined;
  return (url) => {
    origin ??= url.origin;
    if (url.origin !== origin) throw new HttpError('a redirect to another host is not followed');
    return {};
  };
}
