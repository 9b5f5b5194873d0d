import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { healthRoutes } from '../api/health.ts';
import { accessByTokens } from '../api/http/access.ts';
import { type ApiServer, serveApi } from '../api/http/api-server.ts';
import { routerOf } from '../api/http/router.ts';
import { readTls } from '../api/http/tls.ts';
import { pageTokens, paginationKey } from '../api/http/v1/page-token.ts';
import type { V1Room } from '../api/http/v1/room.ts';
import { v1Routes } from '../api/http/v1/routes.ts';
import { type Metrics, metrics } from '../api/metrics.ts';
import { listenAddress } from '../config/address.ts';
import type { Config } from '../config/settings.ts';
import { builtIn } from '../extensions.ts';
import { sourcePolicy } from '../image/incoming/source-policy.ts';
import { ClairError } from '../kit/errors.ts';
import { SharedWork } from '../kit/shared-work.ts';
import { Turns } from '../kit/turns.ts';
import { type LayerPool, openLayerPool } from '../layer-pool/layer-pool.ts';
import { keepCurrent } from '../service/keep-current.ts';
import { retention } from '../service/retention.ts';
import type { FeedOfSource, FeedOutcome } from '../service/update-feeds.ts';
import type { Store } from '../store/store.ts';
import { defaultDatabase, feedClient, openStore, originOf } from './room.ts';
import { selected } from './selected.ts';

/** What a server is started with besides its configuration. */
export interface ServerOptions {
  readonly log: Logger;
  /** Take any certificate of a server that layers are fetched from. */
  readonly insecureTls?: boolean;
  readonly now?: () => Date;
}

/** A server that runs. Disposing it lets requests end, gives up what it does for itself, and closes the database. */
export interface RunningServer extends AsyncDisposable {
  readonly apiPort: number;
  readonly healthPort: number;
}

/**
 * Starts everything that `clair serve` is: database, threads for layers, updater, health check and API. What was started is ended in
 * the reverse order, also when a later part cannot start.
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  await using parts = new AsyncDisposableStack();
  const { log } = options;
  const store = parts.use(await configuredStore(config));
  const counted = metrics();
  const pool = parts.use(layerPool(config, counted, options));
  const writeMetrics = async (): Promise<string> =>
    await counted.write({ feeds: await store.advisories.feedStates(), reading: pool.load() });
  startUpdater(config, { store, log, counted, parts });
  const room = v1Room(config, { store, pool, metrics: writeMetrics, now: options.now ?? (() => new Date()) });
  const health = parts.use(await serveHealth(config, { store, log, metrics: writeMetrics }));
  const api = parts.use(await serveV1(config, room, { log, counted }));
  log.info({ port: api.port, health: health.port, database: config.database.type }, 'started');
  const all = parts.move();
  return {
    apiPort: api.port,
    healthPort: health.port,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
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

function layerPool(_: Config, counted: Metrics, options: ServerOptions): LayerPool {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return openLayerPool({
    script: new URL(extension === 'ts' ? '../layer-worker.ts' : './layer-worker.js', import.meta.url),
    policy: sourcePolicy({ policy: 'open', schemes: [], hosts: [], networks: [], directories: [] }, options.insecureTls),
    onRead: (reading) => {
      counted.noteLayer(reading);
    },
  });
}

interface V1Parts extends Pick<V1Room, 'store' | 'metrics'> {
  readonly pool: LayerPool;
  readonly now: () => Date;
}

function v1Room({ api, database, worker }: Config, { store, pool, metrics: text, now }: V1Parts): V1Room {
  const { namespace_detectors: detectors, feature_listers: listers } = worker;
  const extensions = {
    ...builtIn,
    detectors: selected('worker.namespace_detectors', detectors, builtIn.detectors),
    listers: selected('worker.feature_listers', listers, builtIn.listers),
  };
  const asked = new Set(extensions.listers.map(({ name }) => name));
  const ignoredListers = new Set(builtIn.listers.map(({ name }) => name).filter((name) => !asked.has(name)));
  return {
    extensions,
    store,
    posting: { extensions, store, read: pool.read, ignoredListers },
    posts: new SharedWork(),
    writing: { extensions, store, turns: new Turns(1), now, onChange: () => undefined },
    tokens: pageTokens(paginationKey(api.paginationkey || database.options.paginationkey), now),
    metrics: text,
  };
}

async function serveV1(
  { api }: Config,
  room: V1Room,
  { log, counted }: { readonly log: Logger; readonly counted: Metrics },
): Promise<ApiServer> {
  return await serveApi('the API', listenAddress('api.addr', api.addr, api.port), {
    routers: [routerOf('/v1', v1Routes(room))],
    access: accessByTokens([]),
    timeoutMs: api.timeout,
    tls: readTls(api),
    onError: (error) => {
      log.error({ err: error }, 'request failed');
    },
    onAnswered: (route, status, ms) => {
      counted.noteAnswer(route, status, ms);
    },
  });
}

interface HealthParts extends Pick<V1Room, 'store' | 'metrics'> {
  readonly log: Logger;
}

async function serveHealth({ api }: Config, { store, log, metrics: text }: HealthParts): Promise<ApiServer> {
  const onError = (error: unknown): void => {
    log.error({ error: String(error) }, 'health check failed');
  };
  return await serveApi('the health check', listenAddress('api.healthaddr', api.healthaddr, api.healthport), {
    routers: [routerOf('', healthRoutes({ store, metrics: text, onError }))],
    access: accessByTokens([]),
    timeoutMs: api.timeout,
    tls: undefined,
    onError,
    onAnswered: () => undefined,
  });
}

interface UpdaterParts {
  readonly store: Store;
  readonly log: Logger;
  readonly counted: Metrics;
  readonly parts: AsyncDisposableStack;
}

/** Keeps the advisories current until it is told to stop; an update under way is given up then, and leaves nothing behind. */
function startUpdater(config: Config, { store, log, counted, parts }: UpdaterParts): void {
  const { interval, mirror, retention: keepHistoryMs } = config.updater;
  const feeds = enabledFeeds(config);
  if (interval === 0) return;
  const place = mirror === '' ? undefined : mirror;
  const stop = new AbortController();
  const kept = keepCurrent(
    feeds,
    {
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
      onOutcomes(outcomes, seconds) {
        counted.noteUpdate(outcomes, seconds);
        for (const outcome of outcomes) logOutcome(outcome, log);
      },
    },
    stop.signal,
  );
  kept.catch((error: unknown) => {
    log.error({ err: error }, 'the updater ended');
  });
  parts.defer(async () => {
    stop.abort();
    await kept.catch(() => undefined);
  });
}

function enabledFeeds({ updater: { enabledupdaters: names } }: Config): FeedOfSource[] {
  const all = [...builtIn.sources, ...builtIn.enrichers];
  const enabled = selected('updater.enabledupdaters', names, all);
  return enabled.flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
}

function logOutcome(outcome: FeedOutcome, log: Logger): void {
  const told = { source: outcome.source.name, feed: outcome.feed };
  if (outcome.outcome === 'failed') log.error({ ...told, error: outcome.error.message }, 'feed failed');
  else if (outcome.outcome === 'updated') log.info({ ...told, ...outcome.difference }, 'feed updated');
  else log.debug({ ...told, outcome: outcome.outcome }, 'feed checked');
}

/** Waits so long, or until the signal comes. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
