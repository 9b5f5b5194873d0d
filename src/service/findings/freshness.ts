import type { FeedState } from '../../store/store.ts';
import { userFeed } from '../feeds/user-vulnerabilities.ts';

/**
 * Since when every advisory in the store is known to be current: when the feed that was looked at longest ago was. As Clair, whose time
 * is that of the last update in which nothing failed. Undefined where nothing is loaded. What users write is no feed to be looked at.
 */
export function currentSince(states: readonly FeedState[]): string | undefined {
  return states
    .filter(({ source, presence }) => presence === 'loaded' && source !== userFeed.source)
    .map(({ checkedAt }) => checkedAt)
    .sort()[0];
}
