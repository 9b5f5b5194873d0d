import { Semaphore } from '../../kit/async/semaphore.ts';
import {
  type FeedChoiceDeps,
  type FeedOfSource,
  type FeedOutcome,
  type UpdateFeed,
  updateEach,
} from './update-feeds.ts';

/** How one source is kept current. */
export interface SourceSchedule {
  /** How often; 0 never. */
  readonly intervalMs: number;
  /** Where its feeds are fetched from. */
  readonly origin: string;
  readonly update: UpdateFeed;
}

/** Dependencies of `keepCurrent`. */
export interface KeepCurrentDeps extends Omit<FeedChoiceDeps, 'origin' | 'maxAgeMs' | 'signal'> {
  readonly scheduleOf: (source: string) => SourceSchedule;
  /** Drops what the store keeps no longer, after each update. */
  readonly collectGarbage: () => Promise<void>;
  /** A number from 0 to 1, another each time: servers that were started together do not ask together. */
  readonly random: () => number;
  /** Waits, and ends at once when the signal comes. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** What became of the feeds of one source. */
  readonly onOutcomes: (outcomes: readonly FeedOutcome[], seconds: number) => void;
  /** The store failed, not a feed. The source is updated again later. */
  readonly onError: (error: unknown) => void;
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
  deps: KeepCurrentDeps,
  signal: AbortSignal,
): Promise<void> {
  const semaphore = new Semaphore(sourcesAtOnce);
  const bySource = Map.groupBy(feeds, ({ source }) => source.name);
  await Promise.all(
    [...bySource.values()].map((ofSource) => keepSourceCurrent(ofSource, { deps, semaphore, signal })),
  );
}

interface KeepSourceContext {
  readonly deps: KeepCurrentDeps;
  readonly semaphore: Semaphore;
  readonly signal: AbortSignal;
}

async function keepSourceCurrent(
  feeds: readonly FeedOfSource[],
  { deps, semaphore, signal }: KeepSourceContext,
): Promise<void> {
  const { intervalMs, origin, update } = deps.scheduleOf(feeds[0]?.source.name ?? '');
  for (let failures = 0; intervalMs > 0; ) {
    const started = deps.now().getTime();
    const outcomes = await semaphore.run(() =>
      updateSource(feeds, { ...deps, origin, signal, maxAgeMs: intervalMs / 2 }, update),
    );
    // What was given up for the signal has not failed.
    if (signal.aborted) return;
    if (outcomes !== undefined) deps.onOutcomes(outcomes, (deps.now().getTime() - started) / 1000);
    failures = outcomes?.every(({ outcome }) => outcome !== 'failed') === true ? 0 : failures + 1;
    const backoffMs = failures === 0 ? intervalMs : firstRetryMs * 2 ** (failures - 1);
    await deps.sleep(Math.min(backoffMs, intervalMs) * (1 + jitter * deps.random()), signal);
  }
}

/** The outcomes of a source; undefined after the signal, and where the store could not be asked for its feeds, which ends nothing. */
async function updateSource(
  feeds: readonly FeedOfSource[],
  deps: KeepCurrentDeps & FeedChoiceDeps,
  update: UpdateFeed,
): Promise<readonly FeedOutcome[] | undefined> {
  const isOver = (): boolean => deps.signal?.aborted === true;
  if (isOver()) return undefined;
  try {
    const outcomes = await updateEach(feeds, deps, update);
    if (!isOver()) await deps.collectGarbage();
    return outcomes;
  } catch (error) {
    if (!isOver()) deps.onError(error);
    return undefined;
  }
}
