import { advisoryNamespaceOf, type Namespace } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Match } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { FeedState } from '../../store/feed-state.ts';
import type { Store } from '../../store/store.ts';
import { userFeed } from '../feeds/user-vulnerabilities.ts';

/** Advisory sources that are loaded. */
export type LoadedSources = Pick<Extensions, 'sources'>;

/** Whether nothing updates the records of a source, because its plugin, or the version of clair that has it, is not running. */
export function isUnloaded(name: string, { sources }: LoadedSources): boolean {
  return name !== userFeed.source && !sources.some((source) => source.name === name);
}

/** Returns a reason for each source with stored advisories of a namespace that is not loaded, so that they are not updated. */
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
      return `the source ${source} is not loaded, so its advisories are not newer than ${oldest.slice(0, 10)}; load its plugin`;
    });
}

/** Returns the finding with a mark on the evidence of sources that are not loaded. */
export function markUnloadedSources<T extends Match>(match: T, loaded: LoadedSources): T {
  if (!match.evidence.some(({ source }) => isUnloaded(source, loaded))) return match;
  const evidence = match.evidence.map((one) =>
    isUnloaded(one.source, loaded) ? { ...one, sourceNotLoaded: true as const } : one,
  );
  return { ...match, evidence };
}
