import type { AdvisoryHit } from '../../model/hit.ts';
import type { AsOf, FeedState, Store, StoredVulnerability } from '../../store/store.ts';

/** Vulnerabilities that users write are records of a feed of their own. */
export const writtenFeed = { source: 'api', feed: 'v1' } as const;

/** The key of what a user writes of a vulnerability in a namespace. */
export function writtenKey(namespace: string, id: string): string {
  return `${namespace}\n${id}`;
}

/** What users have written of vulnerabilities, by `writtenKey`, of those among the keys. */
export async function findWritten(
  keys: Iterable<string>,
  store: Pick<Store, 'vulnerabilities'>,
  at?: AsOf,
): Promise<ReadonlyMap<string, StoredVulnerability>> {
  const found = await store.vulnerabilities.keyed(writtenFeed, [...new Set(keys)], at);
  return new Map(found.map((record) => [record.key, record]));
}

/** A user's word on a vulnerability in a namespace stands for everything that feeds say of it there, also where it says nothing. */
export async function withoutOverridden<T extends Pick<AdvisoryHit, 'source' | 'id' | 'namespace'>>(
  hits: readonly T[],
  states: readonly FeedState[],
  { store, asOf }: AsOf & { readonly store: Pick<Store, 'vulnerabilities'> },
): Promise<readonly T[]> {
  const isAnyWritten = states.some(({ source, records }) => source === writtenFeed.source && records > 0);
  if (!isAnyWritten) return hits;
  const keyOf = ({ namespace, id }: T): string => writtenKey(namespace.name, id);
  const written = await findWritten(hits.map(keyOf), store, { asOf });
  return hits.filter((hit) => hit.source === writtenFeed.source || !written.has(keyOf(hit)));
}
