import { type FeedState, type FeedUpdate, type SkippedSample, skippedSampleMax } from '../store.ts';
import { type FeedRow, readSample } from './feeds.ts';

/** The records one reading of a feed named, and those of them it could not understand. */
export interface Reading {
  readonly named: ReadonlySet<string>;
  readonly skipped: number;
  readonly sample: readonly SkippedSample[];
}

/** The skipped records of a feed after a reading. In a feed of changes those of earlier ones stay until they are named again. */
export function skippedOf(
  { named, skipped, sample }: Reading,
  update: FeedUpdate,
  feed: FeedRow | undefined,
): FeedState['skipped'] {
  if (update.extent !== 'changes' || feed === undefined) return { count: skipped, sample };
  const again = new Set(sample.map(({ key }) => key));
  const earlier = readSample(feed.skipped_sample);
  const left = earlier.filter(({ key }) => !named.has(key) && !again.has(key));
  return {
    count: feed.skipped - earlier.length + left.length + skipped,
    sample: [...left, ...sample].slice(0, skippedSampleMax),
  };
}
