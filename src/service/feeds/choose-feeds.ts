import { advisoryNamespaceOf, type Namespace } from '../../model/namespace.ts';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import type { FeedState } from '../../store/feed-state.ts';

/** A feed of an advisory source. */
export interface AdvisoryFeed {
  readonly source: AdvisorySource;
  readonly feed: string;
}

/** Returns the feeds that cover a namespace, including those of fallback sources. */
export function feedsFor(namespace: Namespace, sources: readonly AdvisorySource[]): AdvisoryFeed[] {
  const { name } = advisoryNamespaceOf(namespace);
  return sources.flatMap((source) => source.feedsFor(name).map((feed) => ({ source, feed })));
}

/** Returns the feeds that count for a namespace. Feeds of a fallback source count only if the source that it replaces is not loaded. */
export function effectiveFeeds(
  namespace: Namespace,
  sources: readonly AdvisorySource[],
  states: readonly FeedState[],
): AdvisoryFeed[] {
  const feeds = feedsFor(namespace, sources);
  const isLoaded = (name: string): boolean =>
    feeds.some(({ source, feed }) => source.name === name && isFeedLoaded(states, name, feed));
  return feeds.filter(({ source }) => {
    if (source.fallbackFor !== undefined) return isLoaded(source.name) && !isLoaded(source.fallbackFor);
    const substitute = feeds.find((other) => other.source.fallbackFor === source.name);
    return substitute === undefined || isLoaded(source.name) || !isLoaded(substitute.source.name);
  });
}

/** Whether a source is a fallback whose preferred source is loaded. */
export function isSuperseded(
  name: string,
  sources: readonly AdvisorySource[],
  states: readonly FeedState[],
): boolean {
  const better = sources.find((source) => source.name === name)?.fallbackFor;
  return (
    better !== undefined && states.some(({ source, presence }) => source === better && presence === 'loaded')
  );
}

function isFeedLoaded(states: readonly FeedState[], source: string, feed: string): boolean {
  return states.some(
    (state) => state.source === source && state.feed === feed && state.presence === 'loaded',
  );
}
