import type { FeedUpdate } from '../advisory-store.ts';
import { type FeedState, type SkippedSample, skippedSampleMax } from '../feed-state.ts';
import { isWhole } from './feed-update.ts';
import { type FeedRow, readSample } from './feeds.ts';

/** The result of reading a feed: its skipped records, and which keys it named. */
export interface FeedReadResult {
  isNamed(key: string): boolean;
  readonly skipped: number;
  readonly sample: readonly SkippedSample[];
}

/** Returns the skipped records of a feed after a read. An update of changes keeps earlier ones until it names them. */
export function mergeSkipped(
  result: FeedReadResult,
  update: FeedUpdate,
  feed: FeedRow | undefined,
): FeedState['skipped'] {
  const { skipped, sample } = result;
  if (isWhole(update) || feed === undefined) return { count: skipped, sample };
  const again = new Set(sample.map(({ key }) => key));
  const earlier = readSample(feed.skipped_sample);
  const left = earlier.filter(({ key }) => !result.isNamed(key) && !again.has(key));
  return {
    count: feed.skipped - earlier.length + left.length + skipped,
    sample: [...left, ...sample].slice(0, skippedSampleMax),
  };
}
