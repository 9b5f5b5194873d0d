import type { AdvisoryHit } from '../../model/hit.ts';
import type { AsOf, FeedState, Store, StoredVulnerability } from '../../store/store.ts';

/** Vulnerabilities that users write are records of a feed of their own. */
export const userFeed = { source: 'api', feed: 'v1' } as const;

/** The key of what a user writes of a vulnerability in a namespace. */
export function userVulnerabilityKey(namespace: string, id: string): string {
  return `${namespace}\n${id}`;
}

/** What users have written of vulnerabilities, by `writtenKey`, of those among the keys. */
export async function findUserVulnerabilities(
  keys: Iterable<string>,
  store: Pick<Store, 'vulnerabilities'>,
  at?: AsOf,
): Promise<ReadonlyMap<string, StoredVulnerability>> {
  const found = await store.vulnerabilities.findByKeys(userFeed, [...new Set(keys)], at);
  return new Map(found.map((record) => [record.key, record]));
}

/** A user's word on a vulnerability in a namespace stands for everything that feeds say of it there, also where it says nothing. */
export async function dropOverridden<T extends Pick<AdvisoryHit, 'source' | 'id' | 'namespace'>>(
  hits: readonly T[],
  states: readonly FeedState[],
  { store, asOf }: AsOf & { readonly store: Pick<Store, 'vulnerabilities'> },
): Promise<readonly T[]> {
  const hasUserVulnerabilities = states.some(
    ({ source, records }) => source === userFeed.source && records > 0,
  );
  if (!hasUserVulnerabilities) return hits;
  const keyOf = ({ namespace, id }: T): string => userVulnerabilityKey(namespace.name, id);
  const userVulnerabilities = await findUserVulnerabilities(hits.map(keyOf), store, { asOf });
  return hits.filter((hit) => hit.source === userFeed.source || !userVulnerabilities.has(keyOf(hit)));
}
