import type { Logger } from 'pino';
import { serveHealth } from '../../api/health.ts';
import { accessByTokens } from '../../api/http/access.ts';
import { type ApiServer, serveApi } from '../../api/http/api-server.ts';
import { routerOf } from '../../api/http/router.ts';
import { readTls } from '../../api/http/tls.ts';
import type { V1Room } from '../../api/http/v1/room.ts';
import { v1Routes } from '../../api/http/v1/routes.ts';
import { type Metrics, metrics } from '../../api/metrics.ts';
import { listenAddress } from '../../config/address.ts';
import { layerSources } from '../../config/layer-sources.ts';
import type { Config } from '../../config/settings.ts';
import { sourcePolicy } from '../../image/incoming/source-policy.ts';
import { ClairError } from '../../kit/errors.ts';
import { type LayerPool, openLayerPool } from '../../layer-pool/layer-pool.ts';
import { Bell } from '../../service/bell.ts';
import type { Store } from '../../store/store.ts';
import { defaultDatabase, openStore } from '../room.ts';
import { startNotifier } from './notifier.ts';
import { startUpdater } from './updater.ts';
import { v1Room } from './v1-room.ts';

/** What a server is started with besides its configuration. */
export interface ServerOptions {
  readonly log: Logger;
  /** Take any certificate of a server that layers are fetched from. */
  readonly insecureTls?: boolean;
}

/** A server that runs. Disposing it lets requests end, gives up what it does for itself, and closes the database. */
export interface RunningServer extends AsyncDisposable {
  readonly apiPort: number;
  readonly healthPort: number;
}

/**
 * Starts everything that `clair serve` is: database, threads for layers, updater, notifier, health check and API. What was started is
 * ended in the reverse order, also when a later part cannot start.
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  await using parts = new AsyncDisposableStack();
  const { log } = options;
  const counted = metrics();
  const bell = new Bell();
  const onChange = (): void => {
    bell.ring();
  };
  const store = parts.use(await configuredStore(config));
  const pool = parts.use(layerPool(config, counted, options));
  parts.use(startUpdater(config, { store, log, counted, onChange }));
  parts.use(startNotifier(config, { store, log, counted, bell }));
  const writeMetrics = async (): Promise<string> =>
    await counted.write({ feeds: await store.advisories.feedStates(), reading: pool.load() });
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
  const room = v1Room(config, { store, pool, metrics: writeMetrics, now: () => new Date(), onChange });
  const server = parts.use(await serveV1(config, room, { log, counted }));
  const running = parts.move();
  return {
    apiPort: server.port,
    healthPort: health.port,
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

function layerPool(config: Config, counted: Metrics, { insecureTls }: ServerOptions): LayerPool {
  const isSource = import.meta.url.endsWith('.ts');
  const { threads } = config.worker;
  return openLayerPool({
    script: new URL(isSource ? '../../layer-worker.ts' : './layer-worker.js', import.meta.url),
    policy: sourcePolicy(layerSources(config), insecureTls),
    threads: threads === 0 ? undefined : threads,
    onRead: (reading) => {
      counted.noteLayer(reading);
    },
  });
}

async function serveV1(
  { api }: Config,
  room: V1Room,
  { log, counted }: { readonly log: Logger; readonly counted: Metrics },
): Promise<ApiServer> {
  return await serveApi('the API', listenAddress('api.addr', api.addr, api.port), {
    routers: [routerOf('/v1', v1Routes(room))],
    access: accessByTokens(api.tokens),
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
