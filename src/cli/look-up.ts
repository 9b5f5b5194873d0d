import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cve, cveDirectories, cveInMirror } from '../enrich/cve/cve.ts';
import { HttpError } from '../kit/http/http-rules.ts';
import type { ConnectionOptions } from '../kit/http/http-transport.ts';
import { limits } from '../kit/limits.ts';
import type { UpdatingRoom } from '../service/feeds/update-feeds.ts';
import type { FoundIds, LookedUpRatings } from '../service/findings/assess-packages.ts';
import { type LookupDeps, lookUpRatings } from '../service/findings/look-up-ratings.ts';
import type { ClientOptions } from '../source/client/download.ts';
import type { Room } from './room.ts';

/** A room whose user lets it fetch. */
interface FetchingDeps {
  readonly room: Room;
  readonly updating: UpdatingRoom;
  readonly mirror: string | undefined;
}

/** Looks up ratings upstream, or in the mirror that the user names. */
export async function lookUp(
  found: FoundIds,
  { room, updating, mirror }: FetchingDeps,
): Promise<LookedUpRatings> {
  const { clients, extensions } = room;
  return await lookUpRatings(found, {
    updating,
    enrichers: extensions.enrichers,
    documents: documentsIn(mirror),
    feedClient: (signal) => clients({ ...patience, signal }),
    documentClient: (signal) =>
      clients({ ...patience, signal, connect: onOneOrigin(), onProgress: () => undefined }),
    remembersAbsence: !isDirectory(mirror),
  });
}

/** A scan does not wait as long as an update does. */
const patience: ClientOptions = {
  attempts: limits.lookupAttempts,
  pauseMsMax: limits.lookupPauseMs,
  idleMs: limits.lookupMs,
};

function isDirectory(mirror: string | undefined): mirror is string {
  return mirror !== undefined && !mirror.includes('://');
}

function documentsIn(mirror: string | undefined): LookupDeps['documents'] {
  if (mirror === undefined) return cve;
  if (!isDirectory(mirror) || cveDirectories.some((path) => existsSync(join(mirror, path))))
    return cveInMirror;
  return { reason: `ratings cannot be looked up: the mirror has no CVE records (see docs/air-gapped.md)` };
}

/** Lets a download connect to the origin it begins with, and to no other: a CVE record is nowhere else. */
function onOneOrigin(): (url: URL) => ConnectionOptions {
  let origin: string | undefined;
  return (url) => {
    origin ??= url.origin;
    if (url.origin !== origin) throw new HttpError('a redirect to another host is not followed');
    return {};
  };
}
