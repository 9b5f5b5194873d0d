import type { Logger } from 'pino';
import type { IngestRecord } from '../../api/http/ingest-record.ts';
import { type RequestRecord, truncateLogText } from '../../api/http/request-record.ts';
import type { RefusedCertificate } from '../../api/http/tls.ts';
import type { Config } from '../../config/settings.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { servedApis } from '../server/served-apis.ts';
import { requestMessage } from './open-log.ts';

/** Routes that monitoring requests every few seconds. */
const probes: ReadonlySet<string> = new Set([
  'health',
  'healthz',
  'metrics',
  'ready',
  'readyz',
  'status',
  'v1/getMetrics',
  'v3/getMetrics',
]);

const grpcHealth = '/grpc.health.v1.Health/';

/** Logs a request at `info`, or at `debug` for monitoring. Adds an audit line for a refused token or a change. */
export function logRequest(log: Logger, record: RequestRecord): void {
  const { ms, details, isChange, isSuccess, refused, status, ...rest } = record;
  const named = Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, truncateLogText(value)]),
  );
  // An index of logs has one type for each field: the statuses of HTTP are numbers, those of gRPC names.
  const outcome = typeof status === 'number' ? { status } : { code: status };
  const fields = { ...rest, ...outcome, ms: Math.round(ms * 10) / 10, ...named };
  if (isProbe(record)) log.debug(fields, requestMessage);
  else log.info(fields, requestMessage);
  const { client, token, route, method, path, traceId, requestId } = record;
  const who = { audit: true, client, token, route, method, path, traceId, requestId };
  if (refused !== undefined) log.warn({ ...who, reason: refused }, 'access refused');
  else if (isChange && isSuccess) log.info({ ...who, ...named }, 'change made');
}

/** Adds an audit line for a connection without a trusted client certificate. */
export function logRefusedCertificate(log: Logger, { client, reason }: RefusedCertificate): void {
  log.warn({ audit: true, client, reason }, 'access refused');
}

function isProbe({ route, path, protocol }: RequestRecord): boolean {
  return route === undefined ? protocol === 'gRPC' && path.startsWith(grpcHealth) : probes.has(route);
}

/** Logs the outcome of the ingest of a layer or an ancestry. */
export function logIngest(log: Logger, { kind, name, ms, content, error }: IngestRecord): void {
  const fields = { [kind]: truncateLogText(name), ms: Math.round(ms) };
  if (error !== undefined) {
    const isExpected = error instanceof ClairError;
    log[isExpected ? 'warn' : 'info'](
      { ...fields, error: truncateLogText(messageOf(error)) },
      `${kind} ingest failed`,
    );
  } else if (content === undefined) log.info(fields, `${kind} already known`);
  else {
    const { digest, namespace, packages: features } = content;
    log.info({ ...fields, digest, namespace, features }, `${kind} read`);
  }
}

/** Address and access control of the API. */
export interface OpenAccess {
  readonly host: string | undefined;
  readonly port: number;
  readonly hasTokens: boolean;
  readonly asksForCertificates: boolean;
}

/** Warns at start if the API is reachable without tokens and client certificates. */
export function warnOfOpenAccess(
  log: Logger,
  { host, port, hasTokens, asksForCertificates }: OpenAccess,
): void {
  if (hasTokens || asksForCertificates) return;
  const where = host ?? 'all addresses';
  log.warn(
    { address: `${host ?? '*'}:${port}` },
    `the API listens on ${where} without tokens: every client that reaches it may read, post and change everything. ` +
      'Set api.tokens (clair config token creates one), or api.addr to 127.0.0.1:6060',
  );
}

/** Address of the API, and the permitted origins in addition to public hosts. */
export interface StrictSources {
  readonly host: string | undefined;
  readonly networks: readonly string[];
  readonly directories: readonly string[];
}

/** Logs at start that `auto` means `strict`: a warning if no private network and no directory is permitted. */
export function logStrictSources(log: Logger, { host, networks, directories }: StrictSources): void {
  const level = networks.length + directories.length === 0 ? 'warn' : 'info';
  log[level](
    { networks, directories },
    `worker.sources.policy is auto, and the API listens on ${host ?? 'all addresses'}: auto means strict. Layers are read from public ` +
      'addresses and from what worker.sources.networks and worker.sources.directories list. List your private registries there, ' +
      'or set worker.sources.policy to open to read from anywhere, as the original Clair does',
  );
}

/** Whether clients must say who they are: the settings have tokens, a key of Clair v4, or a provider. */
export function needsSignIn({ tokens, v4, oidc }: Config['api']): boolean {
  return tokens.length > 0 || v4.pskkey !== '' || oidc.issuer !== '';
}

/** Warns if servers that may share the database cannot continue each other's pages, or read each other's sessions. */
export function warnOfOwnKeys(log: Logger, { api, database }: Pick<Config, 'api' | 'database'>): void {
  if (database.type !== 'pgsql') return;
  if (api.paginationkey === '' && database.options.paginationkey === '')
    log.warn('api.paginationkey is not set: no other server can continue pages of this one');
  if (api.session.key === '' && needsSignIn(api) && servedApis(api.apis).has('console'))
    log.warn(
      'api.session.key is not set: people who sign in to the console here are unknown to other servers',
    );
}
