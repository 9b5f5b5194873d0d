import type { Namespace } from '../model/namespace.ts';
import type { KeyedAffected } from './advisory-store.ts';
import type { FeedEnrichment } from './enrichment-store.ts';
import type { FeedName, ScopedFeedState } from './feed-state.ts';
import type { StoredVulnerability } from './vulnerability-store.ts';

/** Ends the name of a shard that has only the statements of a namespace that a package is not affected. */
const clearedSuffix = '/cleared';

/** Returns the name of the shard of a namespace with the statements that a package is not affected. */
export function clearedShardOf(namespace: string): string {
  return `${namespace}${clearedSuffix}`;
}

/** Whether a shard has only statements that a package is not affected. */
export function isClearedShard(name: string): boolean {
  return name.endsWith(clearedSuffix);
}

/** Returns the name of the namespace of a shard. */
export function namespaceOfShard(name: string): string {
  return isClearedShard(name) ? name.slice(0, -clearedSuffix.length) : name;
}

/**
 * A file with all advisories of one namespace, and with the ratings of their vulnerabilities. The statements that a package is not affected
 * may be in a file of their own.
 */
export interface ShardFile {
  readonly path: string;
  /** The name of the namespace, or that of `clearedShardOf`. */
  readonly name: string;
  readonly namespace: Namespace;
  /** The states of the feeds that the publisher used for the namespace. */
  readonly states: readonly ScopedFeedState[];
  /** The states of the lists that rate its vulnerabilities. */
  readonly ratingStates: readonly ScopedFeedState[];
  /** Whether its version keys are those of this program. If not, versions are compared in code. */
  readonly hasCurrentKeys: boolean;
}

/** A row of a record, with its position among all rows of the record. Those of other namespaces are in other shards. */
export interface ShardRow extends KeyedAffected {
  readonly position: number;
}

/** The part of a record about one namespace, without what a store adds. */
export interface ShardRecord extends Omit<StoredVulnerability, 'number' | 'validTo' | 'affected'> {
  readonly affected: readonly ShardRow[];
}

/** The part of a record in a shard, with its number there. */
export interface NumberedPart extends Omit<StoredVulnerability, 'affected'> {
  readonly affected: readonly ShardRow[];
}

/** The content of a shard. */
export interface ShardContent {
  readonly namespace: Namespace;
  /** The feeds of advisories that the publisher uses for the namespace, whether they have records or not. */
  readonly feeds: readonly FeedName[];
  readonly records: AsyncIterable<ShardRecord>;
  /** Returns the ratings of these CVEs. */
  readonly ratingsOf: (ids: readonly string[]) => Promise<readonly FeedEnrichment[]>;
  /** A whole list of ratings. The shard then has no records, and its namespace the name of the list and no version scheme. */
  readonly list?: AsyncIterable<FeedEnrichment>;
}

/** A written shard. */
export interface WrittenShard {
  /** Number of rows of affected packages. */
  readonly rows: number;
  /** The first part of the numbers of its records; 0 if there are none. */
  readonly block: number;
  /** Some ids of its vulnerabilities, spread over all of them. */
  readonly canaries: readonly string[];
}
