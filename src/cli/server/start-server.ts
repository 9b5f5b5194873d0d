import type { Logger } from 'pino';
import { serveHealth } from '../../api/health.ts';
import { accessByTokens } from '../../api/http/access.ts';
import { type ApiServer, serveApi } from '../../api/http/api-server.ts';
import type { Router } from '../../api/http/router.ts';
import { readTls } from '../../api/http/tls.ts';
import { freshMetrics } from '../../api/metrics.ts';
import { listenAddress } from '../../config/address.ts';
import { layerSources } from '../../config/layer-sources.ts';
import type { Config } from '../../config/settings.ts';
import { sourcePolicy } from '../../image/incoming/source-policy.ts';
import { ClairError } from '../../kit/errors.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { type LayerPool, openLayerPool } from '../../layer-pool/layer-pool.ts';
import { Bell } from '../../service/notices/bell.ts';
import type { Store } from '../../store/store.ts';
import { defaultDatabase, openStore } from '../database.ts';
import { plug } from '../plugged.ts';
import { beginGeneration, type Generation } from './generation.ts';
import type { LastingParts } from './server-parts.ts';
import { startTracing, tracedPool, tracedStore } from './tracing.ts';

/** What a server is started with besides its configuration. */
export interface ServerOptions {
  readonly log: Logger;
  /** Take any certificate of a server that layers are fetched from. */
  readonly insecureTls?: boolean;
  /** What has to be loaded besides what comes with clair: names, and the directory they are looked for from. */
  readonly plugins?: PluginNames;
}

/** Plugins by their names. */
export interface PluginNames {
  readonly names: readonly string[];
  readonly directory: string;
}

/** A server that runs. Disposing it lets requests end, gives up what it does for itself, and closes the database. */
export interface RunningServer extends AsyncDisposable {
  readonly apiPort: number;
  readonly healthPort: number;
  /** Loads plugins anew. Throws `config-invalid` and goes on with those it has where they cannot be used. */
  reload(plugins: PluginNames): Promise<void>;
}

/**
 * Starts everything that `clair serve` is: database, threads for layers, updater, notifier, health check and API. What was started is
 * ended in the reverse order, also when a later part cannot start.
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  await using parts = new AsyncDisposableStack();
  const { log } = options;
  const metrics = freshMetrics();
  const { tracer } = parts.use(
    await startTracing(config.tracing, process.env, (error) => {
      log.warn({ error }, 'spans not sent');
    }),
  );
  const store = tracedStore(parts.use(await configuredStore(config)), tracer);
  const pool = tracedPool(parts.use(layerPool(config, { metrics, tracer }, options)), tracer);
  const writeMetrics = async (): Promise<string> =>
    await metrics.write({ feeds: await store.advisories.feedStates(), reading: pool.load() });
  const lasting: LastingParts = {
    ...{ store, pool, log, metrics, writeMetrics, tracer },
    bell: new Bell(),
    now: () => new Date(),
  };
  const { names, directory } = options.plugins ?? { names: [], directory: '' };
  let current = beginGeneration(config, { ...lasting, plugged: await plug(names, directory) });
  parts.defer(() => current[Symbol.asyncDispose]());
  const { api } = config;
  const health = parts.use(
    await serveHealth(listenAddress('api.healthaddr', api.healthaddr, api.healthport), {
      store,
      metrics: writeMetrics,
      onError: (error) => {
        log.error({ error: String(error) }, 'health check failed');
      },
    }),
  );
  const server = parts.use(await serveRoutes(config, () => current, lasting));
  const running = parts.move();
  return {
    apiPort: server.port,
    healthPort: health.port,
    async reload(plugins) {
      const plugged = await plug(plugins.names, plugins.directory);
      const ended = Promise.withResolvers<undefined>();
      const before = current;
      current = beginGeneration(config, { ...lasting, plugged, after: ended.promise });
      await before[Symbol.asyncDispose]();
      ended.resolve(undefined);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function configuredStore({ database: { type, options } }: Config): Promise<Store> {
  if (type === 'sqlite') return await openStore(options.path || defaultDatabase());
  if (options.source === '')
    throw new ClairError('config-invalid', 'database.type is pgsql, and database.options.source is not set');
  const { openPostgresStore } = await import('../../store/sql/postgres-store.ts');
  return await openPostgresStore(options.source, {
    connectionsMax: options.maxopenconnections,
    createsDatabase: options.managedatabaselifecycle,
  });
}

function layerPool(
  config: Config,
  { metrics, tracer }: Pick<LastingParts, 'metrics' | 'tracer'>,
  { insecureTls }: ServerOptions,
): LayerPool {
  const { threads, idletimeout: idleMs } = config.worker;
  return openLayerPool({
    script: scriptUrl('../../layer-worker', import.meta.url),
    policy: sourcePolicy(layerSources(config), insecureTls),
    threads: threads === 0 ? undefined : threads,
    bounds: { idleMs },
    onRead: (reading) => {
      metrics.noteLayer(reading);
      tracer.note({ 'clair.layer.bytes': reading.bytes, 'clair.outcome': reading.outcome });
    },
  });
}

async function serveRoutes(
  { api }: Config,
  current: () => Generation,
  { log, metrics, tracer }: Pick<LastingParts, 'log' | 'metrics' | 'tracer'>,
): Promise<ApiServer> {
  const { grpcServer } = await import('../../api/grpc/grpc-server.ts');
  const shared = {
    access: accessByTokens(api.tokens),
    timeoutMs: api.timeout,
    onError: (error: unknown) => {
      log.error({ err: error }, 'request failed');
    },
    onAnswered: (route: string, status: number, ms: number) => {
      metrics.noteAnswer(route, status, ms);
    },
  };
  return await serveApi('the API', listenAddress('api.addr', api.addr, api.port), {
    ...shared,
    routers: [(...request) => firstFound(current().routers, request)],
    tls: readTls(api),
    tracer,
    http2: await grpcServer({ ...shared, methods: () => current().methods }),
  });
}

/** Plugins that are loaded anew bring other routers while the server listens. */
function firstFound(routers: readonly Router[], request: Parameters<Router>): ReturnType<Router> {
  for (const router of routers) {
    const found = router(...request);
    if (found !== undefined) return found;
  }
  return undefined;
}
