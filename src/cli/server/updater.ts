import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Metrics } from '../../api/metrics.ts';
import type { Config } from '../../config/settings.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { keepCurrent } from '../../service/keep-current.ts';
import { retention } from '../../service/retention.ts';
import type { FeedOfSource, FeedOutcome } from '../../service/update-feeds.ts';
import type { Store } from '../../store/store.ts';
import { feedClient, originOf } from '../room.ts';
import { inBackground } from './in-background.ts';
import { pause } from './pause.ts';
import { selected } from './selected.ts';

/** What the updater of a server works with. */
export interface UpdaterParts {
  readonly extensions: Extensions;
  /** What has to end before. */
  readonly after?: PromiseLike<void> | undefined;
  readonly store: Store;
  readonly log: Logger;
  readonly counted: Metrics;
  /** Told after each round, for it may have changed something. */
  readonly onChange: () => void;
}

/** Keeps the advisories current until it is disposed of; an update under way is given up then, and leaves nothing behind. */
export function startUpdater(
  config: Config,
  { extensions, store, log, counted, onChange, after }: UpdaterParts,
): AsyncDisposable {
  const { interval, mirror, retention: keepHistoryMs } = config.updater;
  const feeds = enabledFeeds(config, extensions);
  const place = mirror === '' ? undefined : mirror;
  return inBackground('updater', log, async (signal) => {
    await after;
    if (interval === 0) return;
    await keepCurrent(
      feeds,
      {
        store,
        schemes: extensions.schemes,
        client: feedClient(place, () => undefined),
        origin: originOf(place),
        now: () => new Date(),
        youngerThanMs: 0,
        owner: ownerName(),
        patienceMs: 0,
        sleep: (ms) => setTimeout(ms),
        onProgress: (text) => {
          log.debug({ text }, 'updating');
        },
        intervalMs: interval,
        retention: { ...retention, keepHistoryMs },
        random: Math.random,
        pause,
        onOutcomes(outcomes, seconds) {
          counted.noteUpdate(outcomes, seconds);
          for (const outcome of outcomes) logOutcome(outcome, log);
          onChange();
        },
      },
      signal,
    );
  });
}

/** Names this process among those that share a database. */
export function ownerName(): string {
  return `${hostname()} ${process.pid} ${process.hrtime.bigint()}`;
}

function enabledFeeds(
  { updater: { enabledupdaters: names } }: Config,
  { sources, enrichers }: Extensions,
): FeedOfSource[] {
  const enabled = selected('updater.enabledupdaters', names, [...sources, ...enrichers]);
  return enabled.flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
}

function logOutcome(outcome: FeedOutcome, log: Logger): void {
  const told = { source: outcome.source.name, feed: outcome.feed };
  if (outcome.outcome === 'failed') log.error({ ...told, error: outcome.error.message }, 'feed failed');
  else if (outcome.outcome === 'updated') log.info({ ...told, ...outcome.difference }, 'feed updated');
  else log.debug({ ...told, outcome: outcome.outcome }, 'feed checked');
}
