import type { Config } from '../../config/settings.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { attentiveSleep } from '../../kit/async/wake-signal.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { type KeepCurrentDeps, keepCurrent, type SourceSchedule } from '../../service/feeds/keep-current.ts';
import { defaultRetention } from '../../service/feeds/retention.ts';
import { failedOutcome, isAdvisorySource } from '../../service/feeds/update-feeds.ts';
import { countIntervalMs, counting } from '../../service/finding-counts/count-findings.ts';
import { analyseAgainJob } from '../../service/fleet/analyse-again.ts';
import { readVexAgainJob } from '../../service/fleet/read-vex-again.ts';
import {
  extractRemoval,
  extractRemovalIntervalMs,
  removeUnusedExtracts,
} from '../../service/fleet/remove-extracts.ts';
import type { RecurringJob } from '../../service/jobs/run-job.ts';
import type { RetentionTerms } from '../../store/maintenance.ts';
import { ownerName } from '../environment.ts';
import { originOf } from '../feed-client.ts';
import { logFeedOutcomes } from '../log/feed-events.ts';
import { startBackgroundTask } from './background-task.ts';
import { FeedThread } from './feed-thread.ts';
import { isScanned } from './scan-runner.ts';
import { publishedOptionsOf } from './server-plan.ts';
import type { ServiceDeps } from './service-deps.ts';

/** Updates advisories until it is disposed. Disposing cancels a running update, whose transaction is rolled back. */
export function startUpdater(config: Config, deps: ServiceDeps): AsyncDisposable {
  return startBackgroundTask('updater', deps.log, async (signal) => {
    await deps.previousStopped;
    await using thread = feedThread(config, deps);
    const giveUp = (): void => {
      void thread[Symbol.asyncDispose]();
    };
    signal.addEventListener('abort', giveUp);
    await keepCurrent(deps.plan.feeds, keepCurrentDeps(config, deps, { thread, signal }), signal);
    // Other servers can run the jobs that were handed back.
    deps.announceWork();
  });
}

function feedThread(
  { database, updater }: Config,
  { memoryName, loaded: { plugins }, plan, server: { labelWeights } }: ServiceDeps,
): FeedThread {
  const wanted = plan.feeds
    .filter(({ source }) => isAdvisorySource(source))
    .map(({ source, feed }) => ({ source: source.name, feed }));
  const published = publishedOptionsOf(updater);
  return new FeedThread(scriptUrl('../../feed-worker', import.meta.url), {
    database,
    ...(memoryName !== undefined && { memoryName }),
    plugins: plugins.map(({ path, module }) => ({ path, module })),
    labelWeights,
    ...(published !== undefined && { published: { ...published, wanted } }),
  });
}

function keepCurrentDeps(
  config: Config,
  all: ServiceDeps,
  { thread, signal }: { readonly thread: FeedThread; readonly signal: AbortSignal },
): KeepCurrentDeps {
  const { store, log, metrics, tracer, wakeSignal, announceWork, now, jobPulse: pulse } = all;
  const onProgress = (text: string): void => {
    log.debug({ text }, 'updating');
  };
  const deps = { store, tracer, now, onProgress };
  return {
    ...deps,
    scheduleOf: (source) => sourceTerms(config, source, { ...deps, thread }),
    collectGarbage: (lease) => thread.collect(retentionOf(config), lease),
    otherJobs: [
      ...[countJob(thread, log), removalJob(all)],
      ...vexJobs(config, all),
      ...analysisJobs(config, all),
    ],
    random: Math.random,
    owner: ownerName(),
    pulse,
    sleepOrWake: attentiveSleep(wakeSignal, signal),
    onOutcomes(outcomes, seconds) {
      metrics.recordFeedUpdate(outcomes, seconds);
      logFeedOutcomes(log, outcomes, config.updater.enabledupdaters);
      if (outcomes.some(({ outcome }) => outcome === 'updated')) announceWork();
    },
    onError(error) {
      log.error({ error: messageOf(error) }, 'jobs could not be read or recorded');
    },
    onFailed({ name }, error) {
      log.error({ job: name, attempts: limits.jobAttempts, error }, 'job keeps failing');
    },
    onCollectError(error) {
      log.error({ error: messageOf(error) }, 'expired data was not deleted');
    },
  };
}

function retentionOf({ updater, images }: Config): RetentionTerms {
  return {
    ...defaultRetention,
    keepHistoryMs: updater.retention,
    keepTaggedMs: images.retention,
    untagged: { keepMs: images.untagged, keepLast: images.keeplast },
  };
}

/** Returns the job that reads attached VEX documents again. Empty if the settings name no key. */
function vexJobs(
  { images: { registries, vexinterval: intervalMs } }: Config,
  { store, server, vexKeys, now, announceWork: onScans }: ServiceDeps,
): RecurringJob[] {
  if (vexKeys.isEmpty || intervalMs === 0) return [];
  const mayContact = scannedBy(registries, server);
  return [readVexAgainJob({ store, vexKeys, mayContact, intervalMs, now, onScans })];
}

/** Returns the job that scans images again after an upgrade. Empty without extracts: their layers would be fetched again. */
function analysisJobs(
  { images: { registries } }: Config,
  { store, server, loaded, extracts, announceWork: onScans }: ServiceDeps,
): RecurringJob[] {
  if (extracts === undefined) return [];
  const mayContact = scannedBy(registries, server);
  return [analyseAgainJob({ store, analyzers: loaded.extensions, mayContact, onScans })];
}

function scannedBy(
  registries: readonly string[],
  server: ServiceDeps['server'],
): (registry: string) => boolean {
  return (registry) => isScanned(registry, registries, server);
}

function countJob(thread: FeedThread, log: ServiceDeps['log']): RecurringJob {
  return {
    ...counting,
    intervalMs: countIntervalMs,
    async run(lease, signal) {
      try {
        await thread.count(lease);
      } catch (error) {
        if (!signal.aborted) log.error({ error: messageOf(error) }, 'findings were not counted');
        throw error;
      }
    },
  };
}

function removalJob({ store, now, log, server }: ServiceDeps): RecurringJob {
  return {
    ...extractRemoval,
    intervalMs: extractRemovalIntervalMs,
    async run(_lease, signal) {
      const removed = await removeUnusedExtracts({ store, now, bucket: server.extractBucket }, signal);
      if (removed > 0) log.info({ removed }, 'extracts of unused layers removed');
    },
  };
}

interface SourceDeps extends Pick<KeepCurrentDeps, 'store' | 'now' | 'onProgress'> {
  readonly thread: FeedThread;
}

/** Returns the schedule of a source: that of all sources, unless its own settings override it. */
function sourceTerms({ updater }: Config, source: string, { thread, ...deps }: SourceDeps): SourceSchedule {
  const { interval: intervalMs = updater.interval, mirror: own = '' } = updater.sources[source] ?? {};
  const place = own === '' ? updater.mirror : own;
  const mirror = place === '' || place === 'upstream' ? undefined : place;
  const origin = originOf(mirror);
  const asksPublished = own === '' && updater.from.length > 0;
  const youngerThanMs = intervalMs / 2;
  return {
    intervalMs,
    origin,
    update: async (wanted, onProgress) => {
      try {
        return await thread.update(wanted, { mirror, asksPublished, youngerThanMs }, onProgress);
      } catch (error) {
        if (!(error instanceof ClairError)) throw error;
        return await failedOutcome(wanted, error, { ...deps, origin, maxAgeMs: youngerThanMs });
      }
    },
  };
}
