import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { serveHealth } from '../../api/health.ts';
import { type ApiServer, serveApi } from '../../api/http/api-server.ts';
import { ListGate } from '../../api/http/list-gate.ts';
import type { RequestRecord } from '../../api/http/request-record.ts';
import type { Router } from '../../api/http/router.ts';
import { freshMetrics } from '../../api/metrics.ts';
import type { Config } from '../../config/settings.ts';
import { Disposal } from '../../kit/disposal.ts';
import { messageOf } from '../../kit/errors.ts';
import { heedNetworkEnvironment } from '../../kit/http/http-environment.ts';
import { KeyedWork } from '../../kit/keyed-work.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { type LayerPool, openLayerPool } from '../../layer-pool/layer-pool.ts';
import { readinessOf } from '../../service/feeds/readiness.ts';
import { Bell } from '../../service/notices/bell.ts';
import { logRequest } from '../log/server-events.ts';
import { configuredStore, feedConnections, type OutageEvents } from './configured-store.ts';
import { beginGeneration, type Generation } from './generation.ts';
import { type PluginNames, type PreparedGeneration, prepareGeneration } from './generation-plan.ts';
import { RepeatedErrors } from './repeated-errors.ts';
import type { LastingParts } from './server-parts.ts';
import { planServer, type ServerPlan } from './server-plan.ts';
import { startTracing, tracedPool, tracedStore } from './tracing.ts';

/** What a server is started with besides its configuration. */
export interface ServerOptions extends CheckOptions {
  readonly log: Logger;
}

/** What the check of a configuration depends on besides it. */
export interface CheckOptions {
  /** Take any certificate of a server that layers are fetched from. */
  readonly insecureTls?: boolean;
  /** What has to be loaded besides what comes with clair: names, and the directory they are looked for from. */
  readonly plugins?: PluginNames;
}

/** A server that runs. Disposing it lets requests end, gives up what it does for itself, and closes the database. */
export interface RunningServer extends AsyncDisposable {
  readonly apiPort: number;
  readonly healthPort: number;
  /** Loads plugins anew. Throws `config-invalid` and goes on with those it has where they cannot be used. */
  reload(plugins: PluginNames): Promise<void>;
}

/** Everything that a server is started from. */
interface PreparedServer extends PreparedGeneration {
  readonly server: ServerPlan;
}

/** Checks a configuration as `startServer` does before it begins any work. Throws `config-invalid`. */
export async function checkServer(config: Config, options: CheckOptions): Promise<void> {
  const { plugged } = await prepareServer(config, options);
  await plugged[Symbol.asyncDispose]();
}

async function prepareServer(
  config: Config,
  { insecureTls = false, plugins = { names: [], directory: '' } }: CheckOptions,
): Promise<PreparedServer> {
  const server = await planServer(config, { insecureTls });
  return { server, ...(await prepareGeneration(config, plugins)) };
}

/**
 * Starts everything that `clair serve` is: database, threads for layers, updater, notifier, health check and API. What was started is
 * ended in the reverse order, also when a later part cannot start. Throws `config-invalid` before any of it is started.
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  const { server, ...prepared } = await prepareServer(config, options);
  await using parts = new Disposal();
  // Its generation disposes of it, too, which does no harm; here it is for a start that fails.
  parts.use(prepared.plugged);
  const lasting = await startLasting(config, { parts, server, log: options.log });
  const generations = new Generations(config, lasting, prepared);
  parts.use(generations);
  const health = parts.use(await startHealth(lasting, () => generations.current));
  const api = parts.use(await serveRoutes(config, () => generations.current, lasting));
  const running = parts.move();
  return {
    apiPort: api.port,
    healthPort: health.port,
    reload: (plugins) => generations.replace(plugins),
    async [Symbol.asyncDispose]() {
      // What the server does for itself ends while requests under way do, and not after them.
      await Promise.all([generations[Symbol.asyncDispose](), running[Symbol.asyncDispose]()]);
    },
  };
}

/** The generation of now. Disposing it ends that. */
class Generations implements AsyncDisposable {
  readonly #config: Config;
  readonly #lasting: LastingParts;
  current: Generation;
  #ended: PromiseLike<void> | undefined;

  constructor(config: Config, lasting: LastingParts, first: PreparedGeneration) {
    this.#config = config;
    this.#lasting = lasting;
    this.current = beginGeneration(config, { ...lasting, ...first });
  }

  /** Goes on with other plugins. Throws `config-invalid` and keeps those of now if they cannot be used. */
  async replace(plugins: PluginNames): Promise<void> {
    const prepared = await prepareGeneration(this.#config, plugins);
    const ended = Promise.withResolvers<undefined>();
    const before = this.current;
    this.current = beginGeneration(this.#config, { ...this.#lasting, ...prepared, after: ended.promise });
    await before[Symbol.asyncDispose]();
    ended.resolve(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.current[Symbol.asyncDispose]();
    await this.#ended;
  }
}

interface Starting {
  /** Takes what has to be ended with the server. */
  readonly parts: Disposal;
  readonly server: ServerPlan;
  readonly log: Logger;
}

async function startLasting(config: Config, { parts, server, log }: Starting): Promise<LastingParts> {
  const { database } = config;
  const metrics = freshMetrics();
  const memoryName = database.options.path === ':memory:' ? randomUUID() : undefined;
  const connectionsMax = Math.max(2, database.options.maxopenconnections - feedConnections);
  heedNetworkEnvironment();
  const { tracer } = parts.use(
    await startTracing(server.traces, (error) => {
      log.warn({ error }, 'spans not sent');
    }),
  );
  const store = tracedStore(
    parts.use(await configuredStore(database, { memoryName, connectionsMax, ...outagesIn(log) })),
    tracer,
  );
  const pool = tracedPool(parts.use(layerPool(config, { metrics, tracer, server })), tracer);
  const posts = parts.use(new KeyedWork<void>());
  return {
    ...{ store, memoryName, pool, posts, log, metrics, tracer, server },
    writeMetrics: async () =>
      await metrics.write({ feeds: await store.advisories.feedStates(), reading: pool.load() }),
    bell: new Bell(),
    lists: new ListGate(),
    now: () => new Date(),
  };
}

/** Writes to the log when the database goes away and when it is back. */
function outagesIn(log: Logger): OutageEvents {
  return {
    onAway: (error) => {
      log.error({ error: messageOf(error) }, 'database away');
    },
    onBack: (awayMs) => {
      log.info({ seconds: Math.round(awayMs / 100) / 10 }, 'database back');
    },
  };
}

async function startHealth(
  { server, store, writeMetrics, log }: LastingParts,
  current: () => Generation,
): Promise<ApiServer> {
  const errors = new RepeatedErrors((error, repeated) => {
    log.error({ error: String(error), ...(repeated > 0 && { repeated }) }, 'health check failed');
  }, performance.now.bind(performance));
  return await serveHealth(server.health, {
    store,
    readiness: (states) => readinessOf(current().feeds, states),
    metrics: writeMetrics,
    onError: (error) => {
      errors.note(error);
    },
    onRequest: (record) => {
      logRequest(log, record);
    },
  });
}

function layerPool(
  config: Config,
  { metrics, tracer, server }: Pick<LastingParts, 'metrics' | 'tracer' | 'server'>,
): LayerPool {
  const { threads, idletimeout: idleMs } = config.worker;
  return openLayerPool({
    script: scriptUrl('../../layer-worker', import.meta.url),
    policy: server.policy,
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
  { log, metrics, tracer, server }: LastingParts,
): Promise<ApiServer> {
  const { grpcServer } = await import('../../api/grpc/grpc-server.ts');
  const errors = new RepeatedErrors((error, repeated) => {
    log.error({ err: error, ...(repeated > 0 && { repeated }) }, 'request failed');
  }, performance.now.bind(performance));
  const shared = {
    access: server.access,
    timeoutMs: api.timeout,
    onError: (error: unknown) => {
      errors.note(error);
    },
    onAnswered: (route: string, status: number, ms: number) => {
      metrics.noteAnswer(route, status, ms);
    },
    onRequest: (record: RequestRecord) => {
      logRequest(log, record);
    },
  };
  return await serveApi('the API', server.api, {
    ...shared,
    routers: [(...request) => firstFound(current().routers, request)],
    tls: server.tls,
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
