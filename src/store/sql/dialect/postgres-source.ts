import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { ClairError, messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { type ServerSetting, type ServerSettings, serverSettings } from './postgres-settings.ts';

/** Address and connection settings of a PostgreSQL database. */
export interface PostgresSource {
  /** Name and address for messages, without user and password. */
  readonly name: string;
  readonly client: ClientConfig;
  readonly settings: ServerSettings;
}

/**
 * Parses a connection string in Clair's forms, which are those of lib/pq: a URL
 * (`postgresql://user:pw@host:5432/db?sslmode=disable`) or keywords (`host=localhost dbname='my db'`). Missing values come from the
 * `PG…` variables of `environment`. Throws `store-unusable`. No error repeats the string, which may contain a password.
 */
export function parsePostgresSource(
  source: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): PostgresSource {
  const text = source.trim();
  const stated = /^postgres(ql)?:\/\//.test(text) ? readUrl(text) : readKeywords(text);
  const values = new Map([...fromEnvironment(environment), ...stated]);
  assertOneServer(values);
  const user = values.get('user') || systemUser();
  const database = values.get('dbname') || user;
  const host = values.get('host') || 'localhost';
  const port = readInteger(values, 'port') || 5432;
  const timeout = readInteger(values, 'connect_timeout');
  const password = values.get('password');
  const program = values.get('application_name') ?? values.get('fallback_application_name');
  return {
    name: `${database} at ${host}:${port}`,
    client: {
      host,
      port,
      user,
      database,
      ...(password !== undefined && { password }),
      ssl: host.startsWith('/') ? false : sslOf(values),
      application_name: program ?? 'clair',
      connectionTimeoutMillis: timeout > 0 ? timeout * 1000 : limits.storeConnectMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: limits.storeKeepAliveMs,
    },
    settings: serverSettings(settingsOf(values)),
  };
}

/** Keywords of the connection; all others are settings of the server, as in lib/pq. */
const connectionKeywords: ReadonlySet<string> = new Set([
  ...['host', 'port', 'user', 'password', 'dbname', 'connect_timeout', 'options'],
  ...['application_name', 'fallback_application_name', 'target_session_attrs'],
  ...['sslmode', 'sslcert', 'sslkey', 'sslrootcert'],
]);

/** Keywords of lib/pq and pgx, the drivers of Clair 2 and Clair 4, about themselves. `maxopenconnections` limits the pool here. */
const ignoredKeywords: ReadonlySet<string> = new Set([
  ...['binary_parameters', 'disable_prepared_binary_result', 'sslsni'],
  ...['default_query_exec_mode', 'description_cache_capacity', 'statement_cache_capacity'],
  ...['pool_max_conns', 'pool_min_conns', 'pool_min_idle_conns', 'pool_max_conn_lifetime'],
  ...['pool_max_conn_lifetime_jitter', 'pool_max_conn_idle_time', 'pool_health_check_period'],
]);

/** Keywords of libpq and lib/pq about the connection. The server would report them as settings that it does not know. */
const unsupportedKeywords: ReadonlySet<string> = new Set([
  ...['channel_binding', 'gssdelegation', 'gssencmode', 'gsslib', 'krbspn', 'krbsrvname'],
  ...['hostaddr', 'load_balance_hosts', 'max_protocol_version', 'min_protocol_version', 'replication'],
  ...['keepalives', 'keepalives_count', 'keepalives_idle', 'keepalives_interval'],
  ...['passfile', 'require_auth', 'requirepeer', 'scram_client_key', 'scram_server_key'],
  ...['service', 'servicefile'],
  ...['ssl_max_protocol_version', 'ssl_min_protocol_version', 'sslcertmode', 'sslcompression', 'sslcrl'],
  ...['sslcrldir', 'sslinline', 'sslkeylogfile', 'sslnegotiation', 'sslpassword'],
]);

/** Values of `target_session_attrs` that a primary server meets. Clair writes, so no other server serves it. */
const primaryAttributes: ReadonlySet<string> = new Set(['any', 'read-write', 'primary']);

const environmentKeywords: readonly (readonly [variable: string, keyword: string])[] = [
  ['PGHOST', 'host'],
  ['PGPORT', 'port'],
  ['PGDATABASE', 'dbname'],
  ['PGUSER', 'user'],
  ['PGPASSWORD', 'password'],
  ['PGOPTIONS', 'options'],
  ['PGAPPNAME', 'application_name'],
  ['PGSSLMODE', 'sslmode'],
  ['PGSSLCERT', 'sslcert'],
  ['PGSSLKEY', 'sslkey'],
  ['PGSSLROOTCERT', 'sslrootcert'],
  ['PGCONNECT_TIMEOUT', 'connect_timeout'],
];

type Values = ReadonlyMap<string, string>;

function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): (readonly [string, string])[] {
  return environmentKeywords.flatMap(([variable, keyword]) => {
    const value = environment[variable];
    return value === undefined || value === '' ? [] : [[keyword, value] as const];
  });
}

const severalServers =
  'host names several servers: name one whose address follows the primary server, such as that of a pooler';

function assertOneServer(values: Values): void {
  if (values.get('host')?.includes(',')) throw invalidSource(severalServers);
  if (values.get('port')?.includes(',')) throw invalidSource('port has several values: state one');
  if (!primaryAttributes.has(values.get('target_session_attrs') || 'any'))
    throw invalidSource(
      'target_session_attrs must be read-write, primary or any: Clair needs the primary server',
    );
}

/** Returns whether a URL has a list of hosts, which `URL` reads as one host or refuses. */
function hasSeveralHosts(text: string): boolean {
  const [authority = ''] = text.slice(text.indexOf('//') + 2).split(/[/?#]/, 1);
  return authority.slice(authority.lastIndexOf('@') + 1).includes(',');
}

function readUrl(text: string): Values {
  if (hasSeveralHosts(text)) throw invalidSource(severalServers);
  const values = new Map<string, string>();
  try {
    const url = new URL(text);
    const parts = {
      user: url.username,
      password: url.password,
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port,
      dbname: url.pathname.slice(1),
    };
    for (const [key, value] of Object.entries(parts)) {
      if (value !== '') values.set(key, decodeURIComponent(value));
    }
    for (const [key, value] of url.searchParams) values.set(key, value);
  } catch {
    // The error of `URL` contains the whole string, so it is not the cause.
    throw invalidSource('it is not a valid URL: write special characters of the password as %XX');
  }
  return values;
}

/** Parses `keyword = value`. Values that are empty or contain a space are in single quotes. A backslash escapes the next character. */
function readKeywords(text: string): Values {
  const pair =
    /\s*(?<key>[^\s=]+)\s*=\s*(?:'(?<quoted>(?:[^'\\]|\\.)*)'|(?<plain>(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?)(?=\s|$)/sy;
  const values = new Map<string, string>();
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex;
    const groups = pair.exec(text)?.groups;
    if (groups === undefined)
      throw invalidSource(`it is neither a URL nor keyword=value, starting at character ${at + 1}`);
    const { key = '', quoted, plain = '' } = groups;
    values.set(key, (quoted ?? plain).replaceAll(/\\(.)/gs, '$1'));
  }
  return values;
}

function sslOf(values: Values): ConnectionOptions | false {
  const mode = values.get('sslmode') || 'require';
  const files = {
    cert: readFile(values, 'sslcert'),
    key: readFile(values, 'sslkey'),
    ca: readFile(values, 'sslrootcert'),
  };
  const contents = Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined));
  const anyName = { checkServerIdentity: () => undefined };
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      // As in libpq: with a root certificate at hand, the certificate of the server is verified.
      return files.ca === undefined
        ? { ...contents, rejectUnauthorized: false }
        : { ...contents, rejectUnauthorized: true, ...anyName };
    case 'verify-ca':
      return { ...contents, rejectUnauthorized: true, ...anyName };
    case 'verify-full':
      return { ...contents, rejectUnauthorized: true };
    case 'allow':
    case 'prefer':
      throw invalidSource(
        `sslmode=${mode} would connect without encryption if the server has none: set require (the default) or disable`,
      );
    default:
      throw invalidSource(
        'its sslmode is not one of disable, require (the default), verify-ca and verify-full',
      );
  }
}

function readFile(values: Values, keyword: string): string | undefined {
  const path = values.get(keyword) || undefined;
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalidSource(`the file of ${keyword} cannot be read: ${messageOf(error)}`);
  }
}

/** Returns the settings of `options`, and all other keywords as settings of the server. */
function settingsOf(values: Values): ServerSetting[] {
  const settings = readOptions(values.get('options') ?? '');
  for (const [key, value] of values) {
    if (connectionKeywords.has(key) || ignoredKeywords.has(key)) continue;
    if (unsupportedKeywords.has(key)) throw invalidSource(`${key} is not supported: remove it`);
    if (!/^[A-Za-z_][\w.]*$/.test(key))
      throw invalidSource('it has a keyword that cannot be the name of a setting');
    settings.push([key, value]);
  }
  return settings;
}

/** Parses the command line of a server: `-c name=value` or `--name=value`. A backslash escapes a space. */
function readOptions(text: string): ServerSetting[] {
  const option = /\s*(?:-c\s*|--)(?<name>[A-Za-z_][\w.-]*)=(?<value>(?:[^\s\\]|\\.)*)(?=\s|$)/sy;
  const settings: ServerSetting[] = [];
  const end = text.trimEnd().length;
  while (option.lastIndex < end) {
    const groups = option.exec(text)?.groups;
    if (groups === undefined) throw invalidSource('its options are not all of the form -c name=value');
    const { name = '', value = '' } = groups;
    settings.push([name.replaceAll('-', '_'), value.replaceAll(/\\(.)/gs, '$1')]);
  }
  return settings;
}

/** Returns the name of the user of this process. In some containers the user has only a number. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw invalidSource('it names no user, and the user of this process has no name');
  }
}

function readInteger(values: Values, keyword: string): number {
  const text = values.get(keyword) || '0';
  if (!/^\d{1,9}$/.test(text)) throw invalidSource(`its ${keyword} is not a whole number`);
  return Number(text);
}

function invalidSource(why: string): ClairError {
  return new ClairError('store-unusable', `the connection string of the database cannot be read: ${why}`);
}
