import { once } from 'node:events';
import { pino } from 'pino';
import { type ConfigOptions, loadConfig } from './config.ts';
import { startServer } from './server/start-server.ts';

/** Options of `clair serve`. */
export interface ServeOptions extends ConfigOptions {
  readonly logLevel: string;
  /** Certificates of servers that layers are fetched from are not verified. */
  readonly insecureTls?: boolean;
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
    await using server = await startServer(config, { log, insecureTls: options.insecureTls ?? false });
    log.info({ port: server.apiPort, health: server.healthPort, database: config.database.type }, 'started');
    await told;
    stop.abort();
    log.info('stopping');
  }
  log.info('stopped');
  return 0;
}
