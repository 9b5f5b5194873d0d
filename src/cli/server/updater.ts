import type { Config } from '../../config/settings.ts';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { type KeepCurrentDeps, keepCurrent, type SourceTerms } from '../../service/feeds/keep-current.ts';
import { retention } from '../../service/feeds/retention.ts';
import { failedOutcome } from '../../service/feeds/update-feeds.ts';
import { originOf } from '../feed-client.ts';
import { logFeedOutcomes } from '../log/feed-events.ts';
import { FeedThread } from './feed-thread.ts';
import { inBackground } from './in-background.ts';
import { pause } from './pause.ts';
import type { GenerationParts } from './server-parts.ts';

/** Keeps the advisories current until it is disposed of; an update under way is given up then, and leaves nothing behind. */
export function startUpdater(config: Config, parts: GenerationParts): AsyncDisposable {
  return inBackground('updater', parts.log, async (signal) => {
    await parts.after;
    await using thread = feedThread(config, parts);
    const giveUp = (): void => {
      void thread[Symbol.asyncDispose]();
    };
    signal.addEventListener('abort', giveUp);
    await keepCurrent(parts.plan.feeds, keepingDeps(config, parts, thread), signal);
  });
}

function feedThread({ database }: Config, { memoryName, plugged: { plugins } }: GenerationParts): FeedThread {
  return new FeedThread(scriptUrl('../../feed-worker', import.meta.url), {
    database,
    ...(memoryName !== undefined && { memoryName }),
    plugins: plugins.map(({ path, module }) => ({ path, module })),
  });
}

function keepingDeps(
  config: Config,
  { store, log, metrics, tracer, bell, now }: GenerationParts,
  thread: FeedThread,
): KeepCurrentDeps {
  const onProgress = (text: string): void => {
    log.debug({ text }, 'updating');
  };
  const deps = { store, tracer, now, onProgress };
  return {
    ...deps,
    termsOf: (source) => sourceTerms(config, source, { ...deps, thread }),
    collect: () => thread.collect({ ...retention, keepHistoryMs: config.updater.retention }),
    random: Math.random,
    pause,
    onOutcomes(outcomes, seconds) {
      metrics.noteUpdate(outcomes, seconds);
      logFeedOutcomes(log, outcomes);
      bell.ring();
    },
    onError(error) {
      log.error({ error: messageOf(error) }, 'feeds cannot be updated now');
    },
  };
}

interface SourceDeps extends Pick<KeepCurrentDeps, 'store' | 'now' | 'onProgress'> {
  readonly thread: FeedThread;
}

/** How a source is kept: as all are, but for what its own settings say. */
function sourceTerms({ updater }: Config, source: string, { thread, ...deps }: SourceDeps): SourceTerms {
  const { interval: intervalMs = updater.interval, mirror: own = '' } = updater.sources[source] ?? {};
  const place = own === '' ? updater.mirror : own;
  const mirror = place === '' || place === 'upstream' ? undefined : place;
  const origin = originOf(mirror);
  const youngerThanMs = intervalMs / 2;
  return {
    intervalMs,
    origin,
    update: async (wanted, onProgress) => {
      try {
        return await thread.update(wanted, { mirror, youngerThanMs }, onProgress);
      } catch (error) {
        if (!(error instanceof ClairError)) throw error;
        return await failedOutcome(wanted, error, { ...deps, origin, youngerThanMs });
      }
    },
  };
}
