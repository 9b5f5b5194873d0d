import { ClairError } from '../../core/errors.ts';
import type { ListedTag, RegistryListing } from '../../image/registry/listing/registry-listing.ts';
import type { FoundTag } from '../../image/registry/repository-client.ts';
import { parseDigest } from '../../model/digest.ts';
import type { ScanLane } from '../../store/scan-job-store.ts';
import type { Store } from '../../store/store.ts';
import type { WatchedRegistry } from './watched-registry.ts';

/** Dependencies of `lookAtTag`. */
export interface LookDeps {
  readonly store: Pick<Store, 'scanJobs' | 'watches' | 'knownImages'>;
  readonly watched: WatchedRegistry;
  readonly listing: Pick<RegistryListing, 'findTag' | 'platformsOf'>;
  /** The reason for the scan of a new digest. */
  readonly lane: ScanLane;
}

/** A tag, and the digest that it had when it was last looked at. */
export interface TagSighting {
  /** Without the registry. */
  readonly repository: string;
  readonly tag: string;
  readonly known: string | undefined;
  /** The digest in a list of the registry. The registry is asked without one. */
  readonly listed?: ListedTag['digest'];
}

/** A change of a tag: `added` scans of a new digest, `none`, or `gone`; and what the tag means. */
export interface LookOutcome {
  readonly change: 'added' | 'none' | 'gone';
  /** Number of added scans. */
  readonly scans: number;
  /** Undefined if the tag does not exist. */
  readonly digest: string | undefined;
}

/**
 * Asks a registry what a tag means. Adds a scan for each platform of a new digest, and ends the name of a tag that does not exist. Throws
 * the errors of the registry.
 */
export async function lookAtTag(sighting: TagSighting, deps: LookDeps): Promise<LookOutcome> {
  const { store, watched, listing } = deps;
  const { repository, tag, known } = sighting;
  const name = `${watched.registry}/${repository}`;
  const found = await findTag(sighting, listing);
  if (found === undefined) {
    if (known === undefined) return { change: 'none', scans: 0, digest: undefined };
    await store.knownImages.endNames([{ repository: name, tag }]);
    await store.watches.dropTags(watched.name, name, [tag]);
    return { change: 'gone', scans: 0, digest: undefined };
  }
  if (found === 'unchanged' || found.digest === known) return { change: 'none', scans: 0, digest: known };
  const platforms = await platformsOf(repository, found, deps);
  for (const platform of platforms)
    await store.scanJobs.add({
      reference: `${name}:${tag}`,
      registry: watched.registry,
      platform,
      lane: deps.lane,
    });
  // After the scans: a process that is killed in between adds them again.
  await store.watches.saveTag(watched.name, { repository: name, tag, digest: found.digest });
  return { change: 'added', scans: platforms.length, digest: found.digest };
}

async function findTag(
  { repository, tag, known, listed }: TagSighting,
  listing: LookDeps['listing'],
): Promise<FoundTag | 'unchanged' | undefined> {
  if (listed !== undefined && listed === known) return 'unchanged';
  return await listing.findTag(repository, tag, known === undefined ? undefined : parseDigest(known));
}

/** Returns the platforms to scan: those of the settings that an index has. A manifest has one, whichever it is. */
async function platformsOf(
  repository: string,
  found: FoundTag,
  { watched, listing }: LookDeps,
): Promise<readonly (string | null)[]> {
  if (watched.platforms.length === 0) return [null];
  const has = await listing.platformsOf(repository, found);
  if (has === undefined) return [null];
  const wanted = watched.platforms.filter((platform) => has.includes(platform));
  if (wanted.length > 0) return wanted;
  throw new ClairError(
    'target-not-found',
    `${watched.registry}/${repository}@${found.digest} has no image for ${watched.platforms.join(', ')}`,
  );
}
