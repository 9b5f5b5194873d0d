import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { serveHealth } from '../../api/health.ts';
import { type ApiServer, serveApi } from '../../api/http/api-server.ts';
import { readConsoleFiles } from '../../api/http/console/console-files.ts';
import { ListLimiter } from '../../api/http/list-limiter.ts';
import type { RequestRecord } from '../../api/http/request-record.ts';
import { createMetrics } from '../../api/metrics.ts';
import type { Config } from '../../config/settings.ts';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { SingleFlight } from '../../kit/async/single-flight.ts';
import { WakeSignal } from '../../kit/async/wake-signal.ts';
import { Disposal } from '../../kit/disposal.ts';
import { applyNetworkEnv } from '../../kit/http/http-environment.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { type LayerPool, openLayerPool } from '../../layer-pool/layer-pool.ts';
import { readinessOf } from '../../service/feeds/readiness.ts';
import { JobPulse } from '../../service/jobs/job-pulse.ts';
import { ActiveSuppressions } from '../../service/suppressions/active-suppressions.ts';
import type { MigrationEvents } from '../../store/sql/migrate.ts';
import type { Store } from '../../store/store.ts';
import { logRefusedCertificate, logRequest } from '../log/server-events.ts';
import { parseSuppressions } from '../suppression/suppression-directory.ts';
import { awaitDatabase } from './await-database.ts';
import { CertificateReload } from './certificate-reload.ts';
import { configuredStore, feedConnections, type OutageEvents } from './configured-store.ts';
import { ErrorLogThrottle } from './error-log-throttle.ts';
import { layerExtractsOf } from './layer-extracts.ts';
import { metricsWriter } from './metrics-writer.ts';
import { type ReloadableServices, startServices } from './reloadable-services.ts';
import { frontCellsOf, planServer, type ServerPlan } from './server-plan.ts';
import type { ServiceDeps, SharedDeps } from './service-deps.ts';
import { type PluginNames, type PreparedServices, prepareServices } from './service-plan.ts';
import { startFront } from './start-front.ts';
import { startTracing, tracedPool, tracedStore } from './tracing.ts';

/** Options of `startServer`. */
export interface ServerOptions extends CheckOptions {
  readonly log: Logger;
  /** Ends the wait for a database whose server is away, with its reason. */
  readonly signal?: AbortSignal;
}

/** Options of `checkServer`. */
export interface CheckOptions {
  /** Disables the verification of certificates of layer servers. */
  readonly insecureTls?: boolean;
  /** The plugins to load; none by default. */
  readonly plugins?: PluginNames;
}

/** A running server. Disposing it finishes pending requests, cancels background tasks and closes the database. */
export interface RunningServer extends AsyncDisposable {
  /** 0 without the role `api`. */
  readonly apiPort: number;
  readonly healthPort: number;
  /** Reloads plugins. Throws `config-invalid` and keeps the current ones if they cannot be used. */
  reload(plugins: PluginNames): Promise<void>;
  /** Reads the certificate of the API again. One that cannot be used is logged, and changes nothing. */
  reloadCertificates(): void;
}

/** The checked settings and loaded extensions of a server. */
interface PreparedServer extends PreparedServices {
  readonly server: ServerPlan;
}

/** Checks a configuration as `startServer` does before it begins any work. Throws `config-invalid`. */
export async function checkServer(config: Config, options: CheckOptions): Promise<void> {
  const { loaded } = await prepareServer(config, options);
  await loaded[Symbol.asyncDispose]();
}

async function prepareServer(
  config: Config,
  { insecureTls = false, plugins = { names: [], directory: '' } }: CheckOptions,
): Promise<PreparedServer> {
  const server = await planServer(config, { insecureTls });
  return { server, ...(await prepareServices(config, plugins)) };
}

/**
 * Starts a server over several cells if the settings name cells and not one of them as that of this server. Otherwise starts database, layer threads, updater, notifier, health check and API. Stops them in reverse order, also if a later one cannot start.
 * Throws `config-invalid` before it starts any of them.
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  const { server, ...prepared } = await prepareServer(config, options);
  const cells = frontCellsOf(server);
  if (cells !== undefined) {
    await prepared.loaded[Symbol.asyncDispose]();
    return {
      ...(await startFront(config, cells, { server, log: options.log })),
      reloadCertificates: () => undefined,
      reload: () => Promise.resolve(),
    };
  }
  await using parts = new Disposal();
  // For a failed start. The services dispose it as well, which is harmless.
  parts.use(prepared.loaded);
  const shared = await startSharedDeps(config, { ...options, parts, server });
  const services = new ServiceManager(config, shared, prepared);
  parts.use(services);
  const health = parts.use(await startHealth(shared, () => services.current));
  const api = server.roles.has('api')
    ? parts.use(await serveRoutes(config, () => services.current, shared))
    : undefined;
  const certificates =
    api &&
    parts.use(
      new CertificateReload(config.api, {
        first: server.tls,
        apply: (tls) => {
          api.setTls(tls);
        },
        log: shared.log,
      }),
    );
  const running = parts.move();
  return {
    apiPort: api?.port ?? 0,
    healthPort: health.port,
    reloadCertificates: () => certificates?.reload(),
    reload: (plugins) => services.replace(plugins),
    async [Symbol.asyncDispose]() {
      // Background tasks end while pending requests finish, not after them.
      await Promise.all([services[Symbol.asyncDispose](), running[Symbol.asyncDispose]()]);
    },
  };
}

/** Holds the current instance of the reloadable services and replaces it. */
class ServiceManager implements AsyncDisposable {
  readonly #config: Config;
  readonly #shared: SharedDeps;
  current: ReloadableServices;
  #ended: PromiseLike<void> | undefined;

  constructor(config: Config, shared: SharedDeps, first: PreparedServices) {
    this.#config = config;
    this.#shared = shared;
    this.current = startServices(config, { ...shared, ...withSaved(first, shared) });
  }

  /** Replaces the services by ones with other plugins. Throws `config-invalid` and keeps the current ones if they cannot be used. */
  async replace(plugins: PluginNames): Promise<void> {
    const prepared = await prepareServices(this.#config, plugins);
    const previousStopped = Promise.withResolvers<undefined>();
    const previous = this.current;
    this.current = startServices(this.#config, {
      ...this.#shared,
      ...withSaved(prepared, this.#shared),
      previousStopped: previousStopped.promise,
    });
    await previous[Symbol.asyncDispose]();
    previousStopped.resolve(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.current[Symbol.asyncDispose]();
    await this.#ended;
  }
}

/** Adds the suppressions that clients save to those of the settings. */
function withSaved(
  { suppressions, ...prepared }: PreparedServices,
  { store, now, log }: SharedDeps,
): Pick<ServiceDeps, 'loaded' | 'plan' | 'suppressions' | 'vexKeys'> {
  const active = new ActiveSuppressions({
    store,
    now,
    parse: parseSuppressions,
    ofServer: suppressions,
    vexKeys: prepared.vexKeys,
    onUnreadable: (name, error) => {
      log.error({ suppression: name, error: messageOf(error) }, 'saved suppression cannot be read');
    },
  });
  return { ...prepared, suppressions: active };
}

interface StartDeps extends Pick<ServerOptions, 'log' | 'signal'> {
  /** Disposes its parts together with the server. */
  readonly parts: Disposal;
  readonly server: ServerPlan;
}

async function startSharedDeps(
  config: Config,
  { parts, server, log, signal }: StartDeps,
): Promise<SharedDeps> {
  const { database } = config;
  const metrics = createMetrics();
  const memoryName = database.options.path === ':memory:' ? randomUUID() : undefined;
  const connectionsMax = Math.max(2, database.options.maxopenconnections - feedConnections);
  applyNetworkEnv();
  const { tracer } = parts.use(
    await startTracing(server.traces, (error) => {
      log.warn({ error }, 'failed to export spans');
    }),
  );
  const store = tracedStore(
    parts.use(
      await awaitDatabase(
        () =>
          configuredStore(database, {
            memoryName,
            connectionsMax,
            isReader: true,
            ...outagesIn(log),
            ...migrationsIn(log),
          }),
        { log, signal },
      ),
    ),
    tracer,
  );
  warnOfClock(store, log);
  warnOfLaterSchema(store, log);
  const pool = tracedPool(parts.use(layerPool(config, { metrics, tracer, server })), tracer);
  const ingests = parts.use(new SingleFlight<unknown>());
  return {
    store,
    memoryName,
    pool,
    ingests,
    log,
    metrics,
    tracer,
    server,
    writeMetrics: metricsWriter(config, { store, pool, metrics }),
    ...wakeUps(store, parts),
    extracts: layerExtractsOf(config, { server, store, log, metrics }),
    listGate: new ListLimiter(),
    consoleFiles: readConsoleFiles(),
    now: store.now,
    jobPulse: new JobPulse(performance.now.bind(performance)),
  };
}

/** Passes the notifications of other servers on, and those of this server to them. */
function wakeUps(store: Store, parts: Disposal): Pick<SharedDeps, 'wakeSignal' | 'announceWork'> {
  const wakeSignal = new WakeSignal();
  const channel = parts.use(
    store.openWakeChannel(() => {
      wakeSignal.notify();
    }),
  );
  return {
    wakeSignal,
    announceWork: () => {
      wakeSignal.notify();
      channel.notify();
    },
  };
}

/** Warns about a wrong clock: times in the log and in the requests of clients then differ from those of the database. */
function warnOfClock({ clockAheadMs }: Store, log: Logger): void {
  if (Math.abs(clockAheadMs) <= limits.clockDifferenceMs) return;
  const seconds = Math.round(clockAheadMs / 1000);
  log.warn(
    { seconds },
    'the clock of this machine differs from that of the database, which is used: synchronize both',
  );
}

/** Warns that a later version has migrated the database. A following version may change the tables so that this server must stop. */
function warnOfLaterSchema({ schemas }: Store, log: Logger): void {
  if (schemas.database <= schemas.program) return;
  log.warn(
    { databaseSchema: schemas.database, programSchema: schemas.program },
    'a later version has migrated the database, and this version can still use it: update this server',
  );
}

/** Logs the loss and the return of the database. */
function outagesIn(log: Logger): OutageEvents {
  return {
    onDown: (error) => {
      log.error({ error: messageOf(error) }, 'database unavailable');
    },
    onUp: (awayMs) => {
      log.info({ seconds: Math.round(awayMs / 100) / 10 }, 'database available again');
    },
    onReplica: (problem) => {
      if (problem === undefined) log.info('replica of the database used again');
      else
        log.error({ error: problem }, 'replica of the database cannot be used: reads use the primary server');
    },
  };
}

/** Logs the migrations of the tables. */
function migrationsIn(log: Logger): MigrationEvents {
  return {
    onMigrationStart: ({ name: migration, schema }) => {
      log.info({ migration, schema }, 'migration of the tables begins');
    },
    onMigrationEnd: ({ name: migration, schema }, ms) => {
      log.info({ migration, schema, ms: Math.round(ms) }, 'migration of the tables ended');
    },
  };
}

async function startHealth(
  { server, store, writeMetrics, log, jobPulse }: SharedDeps,
  current: () => ReloadableServices,
): Promise<ApiServer> {
  const errors = new ErrorLogThrottle((error, repeated) => {
    log.error({ error: String(error), ...(repeated > 0 && { repeated }) }, 'health check failed');
  }, performance.now.bind(performance));
  return await serveHealth(server.health, {
    store,
    readiness: (states) => readinessOf(current().feeds, states, jobPulse.silentSeconds()),
    metrics: () => writeMetrics(current().feeds),
    onError: (error) => {
      errors.record(error);
    },
    onRequest: (record) => {
      logRequest(log, record);
    },
  });
}

function layerPool(
  config: Config,
  { metrics, tracer, server }: Pick<SharedDeps, 'metrics' | 'tracer' | 'server'>,
): LayerPool {
  const { threads, idletimeout: idleMs } = config.worker;
  return openLayerPool({
    script: scriptUrl('../../layer-worker', import.meta.url),
    policy: server.policy,
    threads: threads === 0 ? undefined : threads,
    bounds: { idleMs },
    onRead: (reading) => {
      metrics.recordLayer(reading);
      tracer?.annotate({ 'clair.layer.bytes': reading.bytes, 'clair.outcome': reading.outcome });
    },
  });
}

async function serveRoutes(
  { api }: Config,
  current: () => ReloadableServices,
  { log, metrics, tracer, server }: SharedDeps,
): Promise<ApiServer> {
  const errors = new ErrorLogThrottle((error, repeated) => {
    log.error({ err: error, ...(repeated > 0 && { repeated }) }, 'request failed');
  }, performance.now.bind(performance));
  const shared = {
    access: server.access,
    timeoutMs: api.timeout,
    onError: (error: unknown) => {
      errors.record(error);
    },
    onResponse: (route: string, status: number, ms: number) => {
      metrics.recordResponse(route, status, ms);
    },
    onRequest: (record: RequestRecord) => {
      logRequest(log, record);
    },
  };
  const { grpcServer } = await import('../../api/grpc/grpc-server.ts');
  return await serveApi('the API', server.api, {
    ...shared,
    routers: () => current().routers,
    tls: server.tls,
    onRefusedCertificate: (refused) => {
      logRefusedCertificate(log, refused);
    },
    tracer,
    ...(server.apis.has('v3') && {
      http2: await grpcServer({ ...shared, methods: () => current().methods }),
    }),
  });
}
