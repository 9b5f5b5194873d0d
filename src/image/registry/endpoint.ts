import { trimCharacters } from '../../kit/collections.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import { certificatesFor } from './certificates.ts';
import { isLoopbackRegistry, type RegistryReference } from './reference.ts';
import type { RegistrySettings } from './settings.ts';

/** An endpoint that may serve a repository. */
export interface RegistryEndpoint {
  /** `host[:port]`, the key for credentials and the name in messages. */
  readonly registry: string;
  readonly repository: string;
  /** Origins in order of preference. The next one is tried only if nothing listens at the one before. */
  readonly origins: readonly string[];
  /** Whether plain HTTP is allowed, also for credentials. */
  readonly isInsecure: boolean;
  readonly isMirror: boolean;
  /** The scope of tokens; that of reading the repository if absent. */
  readonly scope?: string;
  /** Reads the certificates for the endpoint. */
  readonly tlsOptions: () => ConnectionOptions;
}

/** Returns the mirrors of a reference's registry, followed by the registry. */
export function endpointsOf(
  { registry, repository }: Pick<RegistryReference, 'registry' | 'repository'>,
  settings: RegistrySettings,
): RegistryEndpoint[] {
  const mirrors = settings.mirrors.get(registry) ?? [];
  // As in Docker, a registry on this machine need not use TLS.
  const isInsecure = settings.insecure.has(registry) || isLoopbackRegistry(registry);
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  return [
    ...mirrors.map((mirror) => mirrorOf(mirror, repository, settings)),
    {
      registry,
      repository,
      origins: [`https://${host}`, ...(isInsecure ? [`http://${host}`] : [])],
      isInsecure,
      isMirror: false,
      tlsOptions: () => tlsOptionsOf(host, isInsecure),
    },
  ];
}

/** Access to a registry that a client has given. */
export interface RegistryAccess {
  /** `https://registry.example:8443`. No mirror is used, and no other scheme is tried. */
  readonly origin: string;
  /** Value of the header `Authorization`. Absent for anonymous access. */
  readonly authorization?: string;
}

/** Returns the endpoint at an origin that a client has given. */
export function endpointAt(
  { origin }: RegistryAccess,
  { registry, repository }: Pick<RegistryReference, 'registry' | 'repository'>,
  { insecure }: RegistrySettings,
): RegistryEndpoint {
  const isInsecure = origin.startsWith('http:') || insecure.has(registry) || isLoopbackRegistry(registry);
  const { host } = new URL(origin);
  return {
    registry,
    repository,
    origins: [origin],
    isInsecure,
    isMirror: false,
    tlsOptions: () => tlsOptionsOf(host, isInsecure),
  };
}

/** Returns the endpoint of a mirror. The path in its URL precedes the names of repositories there. */
function mirrorOf(
  { origin, protocol, host, pathname }: URL,
  repository: string,
  { insecure }: RegistrySettings,
): RegistryEndpoint {
  const prefix = trimCharacters(pathname, '/');
  const isInsecure = protocol === 'http:' || insecure.has(host);
  return {
    registry: host,
    repository: prefix === '' ? repository : `${prefix}/${repository}`,
    origins: [origin],
    isInsecure,
    isMirror: true,
    tlsOptions: () => tlsOptionsOf(host, isInsecure),
  };
}

function tlsOptionsOf(host: string, isInsecure: boolean): ConnectionOptions {
  return { ...certificatesFor(host), ...(isInsecure && { rejectUnauthorized: false }) };
}
