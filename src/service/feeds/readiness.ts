import type { FeedState } from '../../store/store.ts';
import { isSuperseded } from './choose-feeds.ts';
import { type FeedOfSource, isAdvisorySource } from './update-feeds.ts';

/** Whether a server has advisories to judge by, and how many of its feeds are in which state. */
export interface Readiness {
  /** At least one feed of advisories is loaded, and none waits for its first attempt. */
  readonly ready: boolean;
  readonly feeds: {
    readonly loaded: number;
    /** Tried, and not available: they failed, or their source does not publish them. */
    readonly unavailable: number;
    readonly waiting: number;
  };
  /** When the loaded feed that was checked the longest ago was checked, ISO 8601; null without one. */
  readonly oldestCheck: string | null;
}

/** Judges the feeds of advisories that are enabled by what is stored of them. Feeds that stand in for loaded ones do not count. */
export function readinessOf(enabled: readonly FeedOfSource[], states: readonly FeedState[]): Readiness {
  const counts = { loaded: 0, unavailable: 0, waiting: 0 };
  const checks: string[] = [];
  for (const { source, feed } of enabled) {
    if (!isAdvisorySource(source) || isSuperseded(source.name, [source], states)) continue;
    const state = states.find((one) => one.source === source.name && one.feed === feed);
    if (state === undefined) counts.waiting++;
    else if (state.presence !== 'loaded') counts.unavailable++;
    else {
      counts.loaded++;
      checks.push(state.checkedAt);
    }
  }
  const [oldestCheck = null] = checks.sort();
  return { ready: counts.loaded > 0 && counts.waiting === 0, feeds: counts, oldestCheck };
}
