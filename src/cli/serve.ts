import { once } from 'node:events';
import type { Logger } from 'pino';
import { parsePlace } from '../advisory-db/place.ts';
import { isLoopbackAddress, listenAddress } from '../config/address.ts';
import { resolveLayerSources } from '../config/layer-sources.ts';
import { expandSecret, secretsIn } from '../config/secrets.ts';
import type { Config } from '../config/settings.ts';
import { messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { redactorOf } from '../kit/redact.ts';
import { type ConfigOptions, loadConfig, pluginNames, settings } from './config.ts';
import { openLog } from './log/open-log.ts';
import { logStrictSources, needsSignIn, warnOfOpenAccess, warnOfOwnKeys } from './log/server-events.ts';
import { programVersion } from './program-version.ts';
import { type RunningServer, startServer } from './server/start-server.ts';

/** Options of `clair serve`. */
export interface ServeOptions extends ConfigOptions {
  /** Overrides `log.level`. */
  readonly logLevel?: Config['log']['level'];
  /** Overrides `log.format`. */
  readonly logFormat?: Config['log']['format'];
  /** Disables the verification of certificates of layer servers. */
  readonly insecureTls?: boolean;
  /** Parts of the work that the process does. Overrides `roles`. */
  readonly role?: readonly string[];
  /** Published databases. Overrides `updater.from`. */
  readonly from?: readonly string[];
  /** The file with the root of trust. Overrides `updater.root`. */
  readonly root?: string;
  /** Whether signatures may have expired. Overrides `updater.acceptexpired`. */
  readonly acceptExpired?: boolean;
}

/**
 * Runs `clair serve`: API, health check and updater, until SIGINT or SIGTERM. Pending requests may finish; a second signal ends the
 * process at once.
 */
export async function serve(options: ServeOptions): Promise<number> {
  let unknown: readonly string[] = [];
  let withoutEffect: readonly string[] = [];
  const loaded = loadConfig(options, process.env, {
    onUnknownVariables: (names) => {
      unknown = names;
    },
    onKeysWithoutEffect: (keys) => {
      withoutEffect = keys;
    },
  });
  const config: Config = {
    ...loaded,
    roles: [...(options.role ?? loaded.roles)],
    updater: withOptions(loaded.updater, options),
  };
  const log = configuredLog(config, options);
  if (options.config === undefined) log.info('no configuration file: defaults and the environment are used');
  if (unknown.length > 0) log.warn({ variables: unknown }, 'unknown environment variables without effect');
  if (withoutEffect.length > 0) log.warn({ keys: withoutEffect }, 'keys of Clair v4 without effect');
  const stop = new AbortController();
  const starting = new AbortController();
  const stopSignal = Promise.race(
    ['SIGINT', 'SIGTERM'].map((name) => once(process, name, { signal: stop.signal })),
  ).finally(() => {
    starting.abort();
  });
  let isStarted = false;
  try {
    await using server = await startServer(config, {
      log,
      signal: starting.signal,
      insecureTls: options.insecureTls ?? false,
      plugins: pluginNames(config, options),
    });
    isStarted = true;
    process.on('SIGHUP', () => {
      server.reloadCertificates();
      void reload(server, log, options);
    });
    const { apiPort: port, healthPort: health } = server;
    log.info({ version: programVersion, ...(port > 0 && { port }), health, ...workOf(config) }, 'started');
    warnIfOpenAccess(config, server, log);
    logIfStrictSources(config, log);
    warnOfUnsigned(config, log);
    warnOfOwnKeys(log, config);
    await stopSignal;
    stop.abort();
    log.info('stopping');
    forceStop(log);
  } catch (error) {
    if (isStarted || !starting.signal.aborted) throw error;
    log.info({ reason: messageOf(error) }, 'stopped at the start');
  }
  log.info('stopped');
  return 0;
}

/** Returns what a server does, for the log. */
function workOf({ cell, cells, database, roles }: Config): object {
  const names = Object.keys(cells);
  if (names.length > 0 && cell === '') return { cells: names };
  return { database: database.type, ...(cell !== '' && { cell }), ...(roles.length > 0 && { roles }) };
}

/** Returns the settings of the updater with the options that override them. */
function withOptions(updater: Config['updater'], options: ServeOptions): Config['updater'] {
  const {
    from = updater.from,
    root = updater.root,
    acceptExpired: acceptexpired = updater.acceptexpired,
  } = options;
  return { ...updater, from: [...from], root, acceptexpired };
}

/** Reloads plugins. An invalid configuration changes nothing. */
async function reload(server: RunningServer, log: Logger, options: ServeOptions): Promise<void> {
  try {
    await server.reload(pluginNames(loadConfig(options), options));
    log.info('plugins reloaded');
  } catch (error) {
    log.error({ error: messageOf(error) }, 'plugin reload failed; keeping current plugins');
  }
}

function configuredLog(config: Config, { logLevel, logFormat }: ServeOptions): Logger {
  const { OTEL_EXPORTER_OTLP_HEADERS: headers = '', PGPASSWORD: password = '' } = process.env;
  return openLog({
    level: logLevel ?? config.log.level,
    format: logFormat ?? config.log.format,
    redact: redactorOf([...secretsIn(config, settings), ...expandSecret(headers), password]),
  });
}

function warnIfOpenAccess({ api }: Config, { apiPort }: RunningServer, log: Logger): void {
  if (apiPort === 0) return;
  const address = listenAddress('api.addr', api.addr, api.port);
  if (isLoopbackAddress(address)) return;
  warnOfOpenAccess(log, {
    host: address.host,
    port: apiPort,
    hasTokens: needsSignIn(api),
    asksForCertificates: api.cafile !== '',
  });
}

/** Warns of directories that are neither verified by signatures nor named with a digest. */
function warnOfUnsigned({ updater: { from, root } }: Config, log: Logger): void {
  if (root !== '') return;
  const places = from.filter((place) => {
    const { kind, ...named } = parsePlace(place);
    return kind === 'directory' && !('digest' in named && named.digest !== undefined);
  });
  if (places.length > 0)
    log.warn({ places }, 'published advisories are not signed: make sure that only you can write there');
}

function logIfStrictSources(config: Config, log: Logger): void {
  const { api, worker } = config;
  const { policy, networks, directories } = resolveLayerSources(config);
  if (worker.sources.policy !== 'auto' || policy !== 'strict') return;
  const { host } = listenAddress('api.addr', api.addr, api.port);
  logStrictSources(log, { host, networks, directories });
}

/**
 * Kills this process if it has not ended within `limits.forcedStopMs`. A thread inside a long SQLite statement cannot be interrupted, and
 * a process waits for its threads. The database rolls back the open transaction.
 */
export function forceStop(log: Logger): void {
  const timer = setTimeout(() => {
    log.error({ seconds: limits.forcedStopMs / 1000 }, 'not stopped in time: the process is killed');
    process.kill(process.pid, 'SIGKILL');
  }, limits.forcedStopMs);
  timer.unref();
}
