import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { messageOf } from '../../core/errors.ts';
import { hostOf } from '../../kit/http/http-rules.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { parseDocument } from '../format/documents.ts';

/** Daemons that store images. */
export type DaemonName = 'docker' | 'podman';

/** Settings that locate a daemon. */
export interface DaemonEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home directory of the user. */
  readonly home: string;
}

/** Endpoint of a daemon: a socket or a TCP address. */
export type DaemonEndpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsFiles };

/** Certificates for a daemon behind TLS, in the directory where its own command stores them. */
export interface TlsFiles {
  readonly directory: string;
}

/** Possible endpoints of a daemon. The first one that exists is used. */
export interface EndpointCandidates {
  readonly endpoints: readonly DaemonEndpoint[];
  /** The setting that names the endpoint, for messages. Absent for default endpoints. */
  readonly configuredBy?: string;
}

/**
 * Returns the endpoints that the daemon's own command would use. For docker: `DOCKER_HOST`, the current context, default sockets. For
 * podman: `CONTAINER_HOST`, default sockets. Throws `DaemonUnavailable` if the address is neither a socket nor TCP.
 */
export function endpointCandidates(daemon: DaemonName, environment: DaemonEnvironment): EndpointCandidates {
  return daemon === 'docker' ? dockerCandidates(environment) : podmanCandidates(environment);
}

function dockerCandidates({ env, home }: DaemonEnvironment): EndpointCandidates {
  const directory = env['DOCKER_CONFIG'] || join(home, '.docker');
  const host = env['DOCKER_HOST'];
  if (host) {
    const tls = env['DOCKER_TLS_VERIFY'] ? { directory: env['DOCKER_CERT_PATH'] || directory } : undefined;
    return { endpoints: [parseEndpoint(host, 'DOCKER_HOST', tls)], configuredBy: 'DOCKER_HOST' };
  }
  const context = env['DOCKER_CONTEXT'] || currentContext(directory);
  if (context !== undefined && context !== 'default') return contextCandidates(directory, context);
  const runtime = env['XDG_RUNTIME_DIR'];
  return socketCandidates([
    '/var/run/docker.sock',
    join(home, '.docker/run/docker.sock'),
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
  ]);
}

function podmanCandidates({ env }: DaemonEnvironment): EndpointCandidates {
  const host = env['CONTAINER_HOST'];
  if (host)
    return { endpoints: [parseEndpoint(host, 'CONTAINER_HOST', undefined)], configuredBy: 'CONTAINER_HOST' };
  const runtime = env['XDG_RUNTIME_DIR'];
  return socketCandidates([
    ...(runtime ? [join(runtime, 'podman/podman.sock')] : []),
    '/run/podman/podman.sock',
  ]);
}

function socketCandidates(paths: readonly string[]): EndpointCandidates {
  return { endpoints: paths.map((path) => ({ kind: 'socket', path })) };
}

/** Fields that are read of the docker command's `config.json`. */
const dockerConfig = z.object({ currentContext: z.nullish(z.string()) });

/** Fields that are read of `meta.json` of a docker context. */
const contextMeta = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string() }) }) });

function currentContext(directory: string): string | undefined {
  const path = join(directory, 'config.json');
  if (!existsSync(path)) return undefined;
  return parseDocument(read(path), path, dockerConfig).currentContext || undefined;
}

/** Returns the endpoint of a context. The docker command stores a context and its certificates under the hash of its name. */
function contextCandidates(directory: string, context: string): EndpointCandidates {
  const configuredBy = `the docker context ${context}`;
  const hash = sha256Of(context);
  const path = join(directory, 'contexts/meta', hash, 'meta.json');
  const { Host: host } = parseDocument(read(path, configuredBy), path, contextMeta).Endpoints.docker;
  const certificates = join(directory, 'contexts/tls', hash, 'docker');
  const tls = existsSync(certificates) ? { directory: certificates } : undefined;
  return { endpoints: [parseEndpoint(host, configuredBy, tls)], configuredBy };
}

function read(path: string, what = 'the configuration of docker'): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const message = `${path}, ${what}, cannot be read: ${messageOf(error)}`;
    throw new DaemonUnavailable(message, { cause: error });
  }
}

const plainPort = 2375;
const tlsPort = 2376;

function parseEndpoint(host: string, configuredBy: string, tls: TlsFiles | undefined): DaemonEndpoint {
  if (host.startsWith('unix://')) return { kind: 'socket', path: host.slice('unix://'.length) };
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url?.protocol === 'tcp:' && url.hostname !== '') {
    const usual = tls === undefined ? plainPort : tlsPort;
    return { kind: 'tcp', host: hostOf(url), port: Number(url.port || usual), ...(tls && { tls }) };
  }
  const scheme = url === undefined ? 'no address' : `${url.protocol}//…`;
  const advice = url?.protocol === 'ssh:' ? sshAdvice : 'save the image to a file and scan that file';
  throw new DaemonUnavailable(
    `${configuredBy} has ${scheme}, but clair supports unix:// and tcp:// only; ${advice}`,
  );
}

const sshAdvice =
  'forward the socket, as with ssh -NL /tmp/daemon.sock:/var/run/docker.sock HOST, and use unix:///tmp/daemon.sock instead';

/** Returns the name of an endpoint for messages. */
export function displayEndpoint(endpoint: DaemonEndpoint): string {
  if (endpoint.kind === 'socket') return endpoint.path;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `tcp://${host}:${endpoint.port}`;
}

/** Thrown if a daemon is not running, denies access, or does not have the image. The message says which, and what to do. */
export class DaemonUnavailable extends Error {
  override readonly name = 'DaemonUnavailable';
}
