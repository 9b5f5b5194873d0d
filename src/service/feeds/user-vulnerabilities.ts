import type { AdvisoryHit } from '../../model/hit.ts';
import type { FeedState } from '../../store/feed-state.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';

/** The feed that holds the vulnerabilities that users write. */
export const userFeed = { source: 'api', feed: 'v1' } as const;

/** Returns the record key of a user's vulnerability in a namespace. */
export function userVulnerabilityKey(namespace: string, id: string): string {
  return `${namespace}\n${id}`;
}

/** Whether users have written any vulnerability, by the states of all feeds. */
export function hasUserVulnerabilities(states: readonly FeedState[]): boolean {
  return states.some(({ source, records }) => source === userFeed.source && records > 0);
}

/** Returns the users' vulnerabilities with these keys (see `userVulnerabilityKey`), by key. */
export async function findUserVulnerabilities(
  keys: Iterable<string>,
  store: Pick<Store, 'vulnerabilities'>,
  at?: AsOf,
): Promise<ReadonlyMap<string, StoredVulnerability>> {
  const found = await store.vulnerabilities.findByKeys(userFeed, [...new Set(keys)], at);
  return new Map(found.map((record) => [record.key, record]));
}

/**
 * Returns the hits without those that a user's vulnerability overrides. It overrides all feeds for its id and namespace, even if it has no
 * packages.
 */
export async function dropOverridden<T extends Pick<AdvisoryHit, 'source' | 'id' | 'namespace'>>(
  hits: readonly T[],
  states: readonly FeedState[],
  { store, asOf }: AsOf & { readonly store: Pick<Store, 'vulnerabilities'> },
): Promise<readonly T[]> {
  if (!hasUserVulnerabilities(states)) return hits;
  const keyOf = ({ namespace, id }: T): string => userVulnerabilityKey(namespace.name, id);
  const userVulnerabilities = await findUserVulnerabilities(hits.map(keyOf), store, { asOf });
  return hits.filter((hit) => hit.source === userFeed.source || !userVulnerabilities.has(keyOf(hit)));
}
