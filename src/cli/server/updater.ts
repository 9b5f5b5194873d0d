import { setTimeout } from 'node:timers/promises';
import type { Config } from '../../config/settings.ts';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import { keepCurrent, type SourceTerms } from '../../service/feeds/keep-current.ts';
import { retention } from '../../service/feeds/retention.ts';
import { feedClient, originOf } from '../feed-client.ts';
import { logFeedOutcomes } from '../log/feed-events.ts';
import { ownerName } from '../owner-name.ts';
import { inBackground } from './in-background.ts';
import { pause } from './pause.ts';
import type { GenerationParts } from './server-parts.ts';

/** Keeps the advisories current until it is disposed of; an update under way is given up then, and leaves nothing behind. */
export function startUpdater(
  config: Config,
  {
    plugged: { extensions },
    plan: { feeds },
    store,
    log,
    metrics,
    tracer,
    bell,
    now,
    after,
  }: GenerationParts,
): AsyncDisposable {
  const termsOf = sourceTerms(config);
  return inBackground('updater', log, async (signal) => {
    await after;
    await keepCurrent(
      feeds,
      {
        store,
        schemes: extensions.schemes,
        tracer,
        termsOf,
        now,
        owner: ownerName(),
        patienceMs: 0,
        sleep: (ms) => setTimeout(ms),
        onProgress: (text) => {
          log.debug({ text }, 'updating');
        },
        retention: { ...retention, keepHistoryMs: config.updater.retention },
        random: Math.random,
        pause,
        onOutcomes(outcomes, seconds) {
          metrics.noteUpdate(outcomes, seconds);
          logFeedOutcomes(log, outcomes);
          bell.ring();
        },
      },
      signal,
    );
  });
}

/** How each source is kept: as all are, but for what its own settings say. One client serves all that fetch from one place. */
function sourceTerms({ updater }: Config): (source: string) => SourceTerms {
  const clients = new Map<string | undefined, FeedClient>();
  return (source) => {
    const { interval = updater.interval, mirror: own = '' } = updater.sources[source] ?? {};
    const mirror = own === '' ? updater.mirror : own;
    const place = mirror === '' || mirror === 'upstream' ? undefined : mirror;
    const client = clients.get(place) ?? feedClient(place, { transfer: () => undefined });
    clients.set(place, client);
    return { intervalMs: interval, client, origin: originOf(place) };
  };
}
