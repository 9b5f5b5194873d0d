import { hash } from 'node:crypto';
import type { KeyRange, VersionKey } from '../plugin/version-scheme.ts';
import type {
  FeedUpdate,
  KeyedAffected,
  KeyedDocument,
  KeyedRecord,
  KeyedVulnerabilityRecord,
} from '../store/advisory-store.ts';
import type { AncestryInput } from '../store/ancestry-store.ts';
import type { FeedChangeCounts } from '../store/feed-state.ts';
import type { ImageIndex, ImagePackage, PackageLookup } from '../store/image-store.ts';
import type { Store } from '../store/store.ts';

/** The namespace of these records. */
export const bookworm = { name: 'debian:12', versionScheme: 'dpkg' };

/** Another namespace of the same version scheme. */
export const trixie = { name: 'debian:13', versionScheme: 'dpkg' };

/** Returns an update of a feed, by default of the whole. */
export function feedUpdate(changes: Partial<FeedUpdate> = {}): FeedUpdate {
  return {
    kind: 'whole',
    source: 'debian',
    feed: 'tracker',
    sourceVersion: 1,
    origin: 'upstream',
    fingerprint: 'one',
    fetchedAt: '2026-01-02T03:04:05.000Z',
    ...changes,
  } as FeedUpdate;
}

/** Returns the counts of an application; those not given are 0. */
export function changeCounts(changes: Partial<FeedChangeCounts> = {}): FeedChangeCounts {
  return { added: 0, changed: 0, removed: 0, unchanged: 0, kept: 0, skipped: 0, ...changes };
}

/** Yields records as a stream. */
export async function* stream<T>(records: Iterable<T>): AsyncGenerator<T> {
  for (const record of records) {
    // Like a real stream, it waits for I/O in between, so other work can run.
    await new Promise(setImmediate);
    yield record;
  }
}

/** Returns a record by its id; make its affected rows by `affectedRow`. */
export function record(
  id: string,
  changes: Partial<KeyedVulnerabilityRecord> = {},
): KeyedVulnerabilityRecord {
  return {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: [],
    links: [`https://example.org/${id}`],
    severity: 'Medium',
    cvss: [],
    affected: [affectedRow('openssl')],
    ...changes,
  };
}

/** Returns a document with these records. `onRead` is called when it is read. */
export function documentOf(
  records: readonly KeyedRecord[],
  onRead: () => unknown = () => undefined,
): KeyedDocument {
  return {
    kind: 'document',
    digest: hash('sha256', JSON.stringify(records), 'buffer'),
    *read() {
      onRead();
      yield* records;
    },
  };
}

/** Returns a row of one package that is affected up to key 5. */
export function affectedRow(name: string, changes: Partial<KeyedAffected> = {}): KeyedAffected {
  return {
    namespace: bookworm,
    package: name,
    range: { to: '5' },
    fix: { state: 'fixed', version: '5' },
    keys: keys([], [5]),
    ...changes,
  };
}

/** Returns a range of keys. */
export function keys(lo: readonly number[], hi: readonly number[]): KeyRange {
  return { lo: Uint8Array.from(lo), hi: Uint8Array.from(hi) };
}

/** Returns a version key of these bytes. */
export function versionKey(...bytes: number[]): VersionKey {
  return Uint8Array.from(bytes) as VersionKey;
}

/** Returns a package at key 3 that is looked up in the namespace of these records by its own name. */
export function installed(name: string, lookup: Partial<PackageLookup> = {}): ImagePackage {
  return {
    type: 'deb',
    name,
    version: '3',
    purl: `pkg:deb/debian/${name}@3`,
    location: { path: 'var/lib/dpkg/status', layer: null },
    foundBy: 'dpkg',
    lookup: { namespace: bookworm, name, version: '3', key: versionKey(3), ...lookup },
  };
}

/** Returns an image of these packages; equal packages make equal images. */
export function image(
  packages: readonly ImagePackage[],
  identity: string = hash('sha256', JSON.stringify(packages)),
): ImageIndex {
  return { identity, layers: ['sha256:one', 'sha256:two'], distro: { id: 'debian', like: [] }, packages };
}

/** Returns an ancestry of an image, with two layers. */
export function ancestry(name: string, number: number, changes: Partial<AncestryInput> = {}): AncestryInput {
  return { name, hashes: ['h0', 'h1'], image: number, engineVersion: 3, ...changes };
}

/** Returns which records hit which package of an image, as `openssl CVE-1`. */
export async function hits(store: Store, index: ImageIndex): Promise<string[]> {
  const found = await store.images.findMatches(await store.images.save(index));
  return found.map((match) => `${index.packages[match.package]?.name} ${match.id}`);
}
