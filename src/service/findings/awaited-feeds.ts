import type { Namespace } from '../../model/namespace.ts';
import { type FeedState, type ScopedFeedState, statesFor } from '../../store/feed-state.ts';
import { feedsFor } from '../feeds/choose-feeds.ts';
import { type FeedOfSource, isAdvisorySource } from '../feeds/update-feeds.ts';

/**
 * Returns whether advisories are still to be loaded: no enabled feed is loaded at all, or none of those that cover one of the namespaces. A
 * namespace that no enabled feed covers waits for nothing.
 */
export function awaitsAdvisories(
  namespaces: readonly Namespace[],
  enabled: readonly FeedOfSource[],
  states: readonly ScopedFeedState[],
): boolean {
  const sources = [...new Set(enabled.map(({ source }) => source))].filter(isAdvisorySource);
  const isEnabled = (name: string, feed: string): boolean =>
    enabled.some((one) => one.source.name === name && one.feed === feed);
  const isLoaded = (name: string, feed: string, among: readonly FeedState[]): boolean =>
    among.some((state) => state.source === name && state.feed === feed && state.presence === 'loaded');
  const isAnyLoaded = states.some(
    ({ source, presence }) => presence === 'loaded' && sources.some(({ name }) => name === source),
  );
  if (!isAnyLoaded) return true;
  return namespaces.some((namespace) => {
    const covering = feedsFor(namespace, sources).filter(({ source, feed }) => isEnabled(source.name, feed));
    const among = statesFor(namespace.name, states);
    return covering.length > 0 && !covering.some(({ source, feed }) => isLoaded(source.name, feed, among));
  });
}
