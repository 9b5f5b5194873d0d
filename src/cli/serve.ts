import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { serveHealth } from '../api/health.ts';
import { metrics } from '../api/metrics.ts';
import { listenAddress } from '../config/address.ts';
import type { Config } from '../config/settings.ts';
import { builtIn } from '../extensions.ts';
import { ClairError } from '../kit/errors.ts';
import { type KeepingRoom, keepCurrent } from '../service/keep-current.ts';
import { retention } from '../service/retention.ts';
import type { FeedOfSource } from '../service/update-feeds.ts';
import type { Store } from '../store/store.ts';
import { type ConfigOptions, loadConfig } from './config.ts';
import { defaultDatabase, feedClient, openStore, originOf } from './room.ts';

/** Options of `clair serve`. */
export interface ServeOptions extends ConfigOptions {
  readonly logLevel: string;
}

/**
 * `clair serve`: keeps the advisories of a database current until it is told to stop, and tells how it fares on the port of the
 * health check. An update that is under way when it is told to stop is given up, and leaves nothing behind.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const config = loadConfig(options);
  const log = pino({ level: options.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
  const feeds = enabledFeeds(config);
  await using store = await configuredStore(config);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  const counted = metrics();
  const { healthaddr, healthport } = config.api;
  await using health = await serveHealth(listenAddress('api.healthaddr', healthaddr, healthport), {
    store,
    metrics: counted,
    onError: (error) => {
      log.error({ error: String(error) }, 'health check failed');
    },
  });
  log.info({ port: health.port, database: config.database.type, feeds: feeds.length }, 'started');
  if (config.updater.interval > 0) {
    const room = keepingRoom(config, { store, log });
    await keepCurrent(
      feeds,
      {
        ...room,
        onOutcomes(outcomes, seconds) {
          counted.noteUpdate(outcomes, seconds);
          for (const outcome of outcomes) {
            const told = { source: outcome.source.name, feed: outcome.feed };
            if (outcome.outcome === 'failed')
              log.error({ ...told, error: outcome.error.message }, 'feed failed');
            else if (outcome.outcome === 'updated')
              log.info({ ...told, ...outcome.difference }, 'feed updated');
            else log.debug({ ...told, outcome: outcome.outcome }, 'feed checked');
          }
        },
      },
      stop.signal,
    );
  } else await pause(2 ** 31 - 1, stop.signal);
  log.info('stopped');
  return 0;
}

function enabledFeeds({ updater: { enabledupdaters: names } }: Config): FeedOfSource[] {
  const all = [...builtIn.sources, ...builtIn.enrichers];
  const unknown = names.find((name) => !all.some((source) => source.name === name));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).join(', ');
    throw new ClairError('config-invalid', `updater.enabledupdaters names ${unknown}; there are ${known}`);
  }
  const enabled = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  return enabled.flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
}

async function configuredStore({ database: { type, options } }: Config): Promise<Store> {
  if (type === 'sqlite') return await openStore(options.path || defaultDatabase());
  if (options.source === '')
    throw new ClairError('config-invalid', 'database.type is pgsql, and database.options.source is not set');
  const { openPostgresStore } = await import('../store/sql/postgres-store.ts');
  return await openPostgresStore(options.source, {
    connectionsMax: options.maxopenconnections,
    createsDatabase: options.managedatabaselifecycle,
  });
}

function keepingRoom(
  { updater: { interval, mirror, retention: keepHistoryMs } }: Config,
  { store, log }: { readonly store: Store; readonly log: pino.Logger },
): Omit<KeepingRoom, 'onOutcomes'> {
  const place = mirror === '' ? undefined : mirror;
  return {
    store,
    schemes: builtIn.schemes,
    client: feedClient(place, () => undefined),
    origin: originOf(place),
    now: () => new Date(),
    youngerThanMs: 0,
    owner: `${hostname()} ${process.pid} ${process.hrtime.bigint()}`,
    patienceMs: 0,
    sleep: (ms) => setTimeout(ms),
    onProgress: (text) => {
      log.debug({ text }, 'updating');
    },
    intervalMs: interval,
    retention: { ...retention, keepHistoryMs },
    random: Math.random,
    pause,
  };
}

/** Waits so long, or until the signal comes. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
