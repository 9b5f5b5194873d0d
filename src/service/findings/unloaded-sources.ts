import { advisoryNamespaceOf, type Namespace } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Match } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { FeedState, Store } from '../../store/store.ts';
import { userFeed } from '../feeds/user-vulnerabilities.ts';

/** The advisory sources that are loaded. */
export type LoadedSources = Pick<Extensions, 'sources'>;

/** Whether nothing updates the records of a source: it belongs to a plugin or a version of clair that is not the one that runs. */
export function isUnloaded(name: string, { sources }: LoadedSources): boolean {
  return name !== userFeed.source && !sources.some((source) => source.name === name);
}

/** Why advisories of a namespace that are in the database are not updated: one reason a source that is not loaded. */
export async function unloadedReasons(
  namespace: Namespace,
  states: readonly FeedState[],
  { extensions, store }: { extensions: LoadedSources; store: Pick<Store, 'advisories'> },
): Promise<string[]> {
  const unloaded = states.filter(
    ({ source, presence }) => presence === 'loaded' && isUnloaded(source, extensions),
  );
  if (unloaded.length === 0) return [];
  const known = new Set(await store.advisories.findSources(advisoryNamespaceOf(namespace).name));
  const fetched = Map.groupBy(
    unloaded.filter(({ source }) => known.has(source)),
    ({ source }) => source,
  );
  return [...fetched]
    .sort(([a], [b]) => compareText(a, b))
    .map(([source, feeds]) => {
      const [oldest = ''] = feeds.map(({ fetchedAt }) => fetchedAt).sort(compareText);
      return `the source ${source} is not loaded, so its advisories stay as they were on ${oldest.slice(0, 10)}: load its plugin`;
    });
}

/** The finding, with a mark on the evidence of sources that are not loaded. */
export function markUnloadedSources<T extends Match>(match: T, loaded: LoadedSources): T {
  if (!match.evidence.some(({ source }) => isUnloaded(source, loaded))) return match;
  const evidence = match.evidence.map((one) =>
    isUnloaded(one.source, loaded) ? { ...one, sourceNotLoaded: true as const } : one,
  );
  return { ...match, evidence };
}
