import { advisoryNamespaceOf, type Namespace } from '../../model/namespace.ts';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import type { FeedState } from '../../store/store.ts';

/** A feed of an advisory source. */
export interface AdvisoryFeed {
  readonly source: AdvisorySource;
  readonly feed: string;
}

/** The feeds that speak of a namespace, those of sources that stand in for others included. */
export function feedsOf(namespace: Namespace, sources: readonly AdvisorySource[]): AdvisoryFeed[] {
  const { name } = advisoryNamespaceOf(namespace);
  return sources.flatMap((source) => source.feedsOf(name).map((feed) => ({ source, feed })));
}

/** The feeds that count for a namespace: those of a source that stands in for another only where they alone are loaded. */
export function feedsThatCount(
  namespace: Namespace,
  sources: readonly AdvisorySource[],
  states: readonly FeedState[],
): AdvisoryFeed[] {
  const feeds = feedsOf(namespace, sources);
  const isLoaded = (name: string): boolean =>
    feeds.some(({ source, feed }) => source.name === name && hasLoaded(states, name, feed));
  return feeds.filter(({ source }) => {
    if (source.insteadOf !== undefined) return isLoaded(source.name) && !isLoaded(source.insteadOf);
    const substitute = feeds.find((other) => other.source.insteadOf === source.name);
    return substitute === undefined || isLoaded(source.name) || !isLoaded(substitute.source.name);
  });
}

/** Whether a source is of no use because the one it stands in for is loaded. */
export function isSuperseded(
  name: string,
  sources: readonly AdvisorySource[],
  states: readonly FeedState[],
): boolean {
  const better = sources.find((source) => source.name === name)?.insteadOf;
  return (
    better !== undefined && states.some(({ source, presence }) => source === better && presence === 'loaded')
  );
}

function hasLoaded(states: readonly FeedState[], source: string, feed: string): boolean {
  return states.some(
    (state) => state.source === source && state.feed === feed && state.presence === 'loaded',
  );
}
