import { Semaphore } from '../../kit/async/semaphore.ts';
import {
  type FeedChoiceDeps,
  type FeedOfSource,
  type FeedOutcome,
  type UpdateFeed,
  updateEach,
} from './update-feeds.ts';

/** Interval and origin of the updates of one source. */
export interface SourceSchedule {
  /** Milliseconds between updates. 0 disables updates. */
  readonly intervalMs: number;
  /** Origin of its feeds: `upstream`, the URL of a mirror or a directory. */
  readonly origin: string;
  readonly update: UpdateFeed;
}

/** Dependencies of `keepCurrent`. */
export interface KeepCurrentDeps extends Omit<FeedChoiceDeps, 'origin' | 'maxAgeMs' | 'signal'> {
  readonly scheduleOf: (source: string) => SourceSchedule;
  /** Deletes expired data from the store, unless another server did so within `intervalMs`. */
  readonly collectGarbage: (intervalMs: number) => Promise<void>;
  /** Returns a random number from 0 to 1, so that servers that started together do not update together. */
  readonly random: () => number;
  /** Waits for `ms`. Resolves early if the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Receives the outcomes of the feeds of one source, and the duration in seconds. */
  readonly onOutcomes: (outcomes: readonly FeedOutcome[], seconds: number) => void;
  /** Receives an error of the store. The source is updated again later. */
  readonly onError: (error: unknown) => void;
  /** Receives an error of `collectGarbage`, which is called again later. */
  readonly onCollectError: (error: unknown) => void;
}

/** Sources to update concurrently. More would use more memory without being faster. */
const sourcesAtOnce = 2;

/** First wait after a failure, in milliseconds. It doubles with each failure, up to the interval. */
const firstRetryMs = 60_000;

/** Maximum random delay of an update, as a fraction of the interval. */
const jitter = 0.1;

/**
 * Updates the feeds of every source at once, and then at each interval, until the signal aborts. Sources are independent: a slow or failing
 * one does not delay others. Deletes expired data at the shortest of their intervals.
 */
export async function keepCurrent(
  feeds: readonly FeedOfSource[],
  deps: KeepCurrentDeps,
  signal: AbortSignal,
): Promise<void> {
  const semaphore = new Semaphore(sourcesAtOnce);
  const bySource = Map.groupBy(feeds, ({ source }) => source.name);
  const intervals = [...bySource.keys()].map((source) => deps.scheduleOf(source).intervalMs);
  await Promise.all([
    ...[...bySource.values()].map((ofSource) => keepSourceCurrent(ofSource, { deps, semaphore, signal })),
    keepCollecting(Math.min(...intervals.filter((ms) => ms > 0)), deps, signal),
  ]);
}

/** Does nothing if the interval is not finite: a server without updates may have a database that is only read. */
async function keepCollecting(intervalMs: number, deps: KeepCurrentDeps, signal: AbortSignal): Promise<void> {
  for (let isWanted = Number.isFinite(intervalMs); isWanted; isWanted = !signal.aborted) {
    try {
      await deps.collectGarbage(intervalMs);
    } catch (error) {
      if (!signal.aborted) deps.onCollectError(error);
    }
    await deps.sleep(intervalMs * (1 + jitter * deps.random()), signal);
  }
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
    // An aborted update is not a failure.
    if (signal.aborted) return;
    if (outcomes !== undefined) deps.onOutcomes(outcomes, (deps.now().getTime() - started) / 1000);
    failures = outcomes?.every(({ outcome }) => outcome !== 'failed') === true ? 0 : failures + 1;
    const backoffMs = failures === 0 ? intervalMs : firstRetryMs * 2 ** (failures - 1);
    await deps.sleep(Math.min(backoffMs, intervalMs) * (1 + jitter * deps.random()), signal);
  }
}

/** Returns the outcomes of a source. Undefined if the signal has aborted, or if the store failed, which is reported to `onError`. */
async function updateSource(
  feeds: readonly FeedOfSource[],
  deps: KeepCurrentDeps & FeedChoiceDeps,
  update: UpdateFeed,
): Promise<readonly FeedOutcome[] | undefined> {
  const isOver = (): boolean => deps.signal?.aborted === true;
  if (isOver()) return undefined;
  try {
    return await updateEach(feeds, deps, update);
  } catch (error) {
    if (!isOver()) deps.onError(error);
    return undefined;
  }
}
