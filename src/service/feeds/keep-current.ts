import { Turns } from '../../kit/turns.ts';
import type { RetentionTerms, Store } from '../../store/store.ts';
import { type FeedOfSource, type FeedOutcome, type UpdatingRoom, updateFeeds } from './update-feeds.ts';

/** How one source is kept current. */
export interface SourceTerms extends Pick<UpdatingRoom, 'client' | 'origin'> {
  /** How often; 0 never. */
  readonly intervalMs: number;
}

/** What keeping advisories current needs besides what one update does. */
export interface KeepingRoom extends Omit<UpdatingRoom, 'client' | 'origin' | 'youngerThanMs'> {
  readonly store: UpdatingRoom['store'] & Pick<Store, 'collect'>;
  readonly termsOf: (source: string) => SourceTerms;
  readonly retention: RetentionTerms;
  /** A number from 0 to 1, another each time: servers that were started together do not ask together. */
  readonly random: () => number;
  /** Waits, and ends at once when the signal comes. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** What became of the feeds of one source. */
  readonly onOutcomes: (outcomes: readonly FeedOutcome[], seconds: number) => void;
}

/** Sources that are updated at the same time: more would not be faster on the line, and would hold more in memory. */
const sourcesAtOnce = 2;

/** A failed source is asked again after this, then after twice as long, up to the interval. */
const firstRetryMs = 60_000;

/** How much later than the interval the next update may begin. */
const jitter = 0.1;

/**
 * Keeps the feeds of every source current until the signal comes: at once, then by interval. Each source goes its own way; one
 * that fails or is slow costs nothing to the others.
 */
export async function keepCurrent(
  feeds: readonly FeedOfSource[],
  room: KeepingRoom,
  signal: AbortSignal,
): Promise<void> {
  const turns = new Turns(sourcesAtOnce);
  const bySource = Map.groupBy(feeds, ({ source }) => source.name);
  await Promise.all([...bySource.values()].map((ofSource) => keepSource(ofSource, { room, turns, signal })));
}

interface Keeping {
  readonly room: KeepingRoom;
  readonly turns: Turns;
  readonly signal: AbortSignal;
}

async function keepSource(feeds: readonly FeedOfSource[], { room, turns, signal }: Keeping): Promise<void> {
  const { intervalMs, ...place } = room.termsOf(feeds[0]?.source.name ?? '');
  for (let failures = 0; intervalMs > 0 && !signal.aborted; ) {
    const started = room.now().getTime();
    const outcomes = await turns.take(async () => {
      if (signal.aborted) return [];
      const done = await updateFeeds(feeds, { ...room, ...place, youngerThanMs: intervalMs / 2 });
      await room.store.collect(room.retention);
      return done;
    });
    room.onOutcomes(outcomes, (room.now().getTime() - started) / 1000);
    failures = outcomes.some(({ outcome }) => outcome === 'failed') ? failures + 1 : 0;
    const backOffMs = failures === 0 ? intervalMs : firstRetryMs * 2 ** (failures - 1);
    await room.pause(Math.min(backOffMs, intervalMs) * (1 + jitter * room.random()), signal);
  }
}
