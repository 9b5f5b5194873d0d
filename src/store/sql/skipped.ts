import { type FeedState, type FeedUpdate, type SkippedSample, skippedSampleMax } from '../store.ts';
import { type FeedRow, readSample } from './feeds.ts';

/** One reading of a feed: the records it could not understand, and which of all it could. */
export interface FeedReadResult {
  isNamed(key: string): boolean;
  readonly skipped: number;
  readonly sample: readonly SkippedSample[];
}

/** The skipped records of a feed after a reading. In a feed of changes those of earlier ones stay until they are named again. */
export function mergeSkipped(
  result: FeedReadResult,
  update: FeedUpdate,
  feed: FeedRow | undefined,
): FeedState['skipped'] {
  const { skipped, sample } = result;
  if (update.extent !== 'changes' || feed === undefined) return { count: skipped, sample };
  const again = new Set(sample.map(({ key }) => key));
  const earlier = readSample(feed.skipped_sample);
  const left = earlier.filter(({ key }) => !result.isNamed(key) && !again.has(key));
  return {
    count: feed.skipped - earlier.length + left.length + skipped,
    sample: [...left, ...sample].slice(0, skippedSampleMax),
  };
}
