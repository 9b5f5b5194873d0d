import type { GaugeValues, Metrics } from '../../api/metrics.ts';
import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { builtIn } from '../../extensions.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import { isSuperseded } from '../../service/feeds/choose-feeds.ts';
import { enabledJobs } from '../../service/feeds/keep-current.ts';
import type { FeedOfSource } from '../../service/feeds/update-feeds.ts';
import { enabledStates } from '../../service/findings/feed-age.ts';
import type { FeedState } from '../../store/feed-state.ts';
import type { Store } from '../../store/store.ts';

/** Dependencies of `metricsWriter`. */
export interface MetricsWriterDeps {
  readonly store: Pick<
    Store,
    'advisories' | 'jobs' | 'watches' | 'scanJobs' | 'findingCounts' | 'ping' | 'now'
  >;
  readonly pool: Pick<LayerPool, 'load'>;
  readonly metrics: Pick<Metrics, 'render' | 'renderProcess'>;
}

/** Returns a function that writes the metrics, for the enabled feeds. While the database does not answer, it writes those of the process. */
export function metricsWriter(
  config: Pick<Config, 'updater'>,
  { store, pool, metrics }: MetricsWriterDeps,
): (enabled: readonly FeedOfSource[]) => Promise<string> {
  return async (enabled) => {
    // A query may wait for the end of an outage.
    const values = (await answers(store)) ? await databaseValues(config, enabled, store) : undefined;
    return values === undefined
      ? await metrics.renderProcess(pool.load(), false)
      : await metrics.render({ ...values, reading: pool.load() });
  };
}

/** Whether the database answers within `limits.storePingMs`. */
async function answers(store: Pick<Store, 'ping'>): Promise<boolean> {
  try {
    await store.ping();
    return true;
  } catch {
    return false;
  }
}

/** Reads the values of the database. Undefined while it does not answer. */
async function databaseValues(
  { updater }: Pick<Config, 'updater'>,
  enabled: readonly FeedOfSource[],
  store: MetricsWriterDeps['store'],
): Promise<Omit<GaugeValues, 'reading'> | undefined> {
  try {
    const feeds = await store.advisories.findFeedStates();
    return {
      feeds: enabledStates(feeds, enabled),
      sources: neededSources(updater, feeds),
      jobs: enabledJobs(await store.jobs.findAll(), enabled),
      walks: await store.watches.findWalks(),
      nextScan: await store.scanJobs.findNextRun(),
      totals: await store.findingCounts.findTotals(),
      now: store.now(),
    };
  } catch (error) {
    if (error instanceof ClairError && error.code.startsWith('store-')) return undefined;
    throw error;
  }
}

/** Returns the sources that the settings name, without fallbacks for one that is loaded. */
function neededSources(
  { enabledupdaters }: Config['updater'],
  feeds: readonly FeedState[],
): readonly string[] {
  return enabledupdaters.filter((name) => !isSuperseded(name, builtIn.sources, feeds));
}
