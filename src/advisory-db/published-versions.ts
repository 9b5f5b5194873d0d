import type { Digest } from '../model/digest.ts';
import type { CatalogueShard } from './documents.ts';
import { openManifest, type PublishedDatabase } from './layout.ts';

/** Number of published versions before the current one whose files are kept, and from which patches are made. */
export const keptVersions = 7;

/** A version of a published database. */
export interface PublishedVersion {
  readonly shards: Readonly<Record<string, CatalogueShard>>;
  /** The digests of all its blobs. */
  readonly blobs: readonly Digest[];
}

/** Returns the latest versions of a database, the current one first. Ends at the first one whose files are gone. */
export function publishedVersions(current: PublishedDatabase, countMax: number): readonly PublishedVersion[] {
  const versions: PublishedVersion[] = [];
  let next: PublishedDatabase | undefined = current;
  while (next !== undefined && versions.length < countMax) {
    versions.push({ shards: next.catalogue.shards, blobs: next.blobs });
    const before: Digest | null = next.catalogue.before;
    next = before === null ? undefined : openManifest(current.directory, before);
  }
  return versions;
}
