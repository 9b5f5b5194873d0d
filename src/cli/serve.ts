import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pino } from 'pino';
import type { Config } from '../config/settings.ts';
import { messageOf } from '../kit/errors.ts';
import { type ConfigOptions, loadConfig } from './config.ts';
import { type PluginNames, startServer } from './server/start-server.ts';

/** Options of `clair serve`. */
export interface ServeOptions extends ConfigOptions {
  readonly logLevel: string;
  /** Certificates of servers that layers are fetched from are not verified. */
  readonly insecureTls?: boolean;
  /** Besides those that the configuration names. */
  readonly plugins?: readonly string[];
}

/**
 * `clair serve`: the API and the health check, with advisories that are kept current, until it is told to stop. Requests under way
 * may end then; a second signal ends everything at once.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const config = loadConfig(options);
  const log = pino({ level: options.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
  if (options.config === undefined) log.info('no configuration file: defaults and the environment are used');
  const stop = new AbortController();
  const told = Promise.race(
    ['SIGINT', 'SIGTERM'].map((name) => once(process, name, { signal: stop.signal })),
  );
  {
    await using server = await startServer(config, {
      log,
      insecureTls: options.insecureTls ?? false,
      plugins: pluginNames(config, options),
    });
    const reload = (): void => {
      void server.reload(pluginNames(loadConfig(options), options)).then(
        () => {
          log.info('plugins loaded anew');
        },
        (error: unknown) => {
          log.error({ error: messageOf(error) }, 'plugins stay as they were');
        },
      );
    };
    process.on('SIGHUP', reload);
    log.info({ port: server.apiPort, health: server.healthPort, database: config.database.type }, 'started');
    await told;
    stop.abort();
    log.info('stopping');
  }
  log.info('stopped');
  return 0;
}

/** Those of the configuration are looked for from where its file is, those of the command line from where it was typed. */
function pluginNames(
  { plugins: configured }: Config,
  { config, plugins: typed = [] }: ServeOptions,
): PluginNames {
  const directory = dirname(resolve(config ?? 'config.yaml'));
  return { names: [...configured, ...typed.map(asTyped)], directory };
}

function asTyped(name: string): string {
  return existsSync(name) ? resolve(name) : name;
}
