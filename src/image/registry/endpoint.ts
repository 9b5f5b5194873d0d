import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import { trimCharacters } from '../../kit/trim-characters.ts';
import { certificatesFor } from './certificates.ts';
import { isLoopbackRegistry, type RegistryReference } from './reference.ts';
import type { RegistrySettings } from './settings.ts';

/** Where a repository can be asked for. */
export interface RegistryEndpoint {
  /** `host[:port]`, by which credentials are found and messages name it. */
  readonly registry: string;
  readonly repository: string;
  /** Schemes and hosts, the better first: the next is tried only where nothing speaks at the one before. */
  readonly origins: readonly string[];
  /** Whether plain HTTP will do, for credentials as well. */
  readonly isInsecure: boolean;
  readonly isMirror: boolean;
  /** Looks for certificates that are for it. */
  readonly tlsOptions: () => ConnectionOptions;
}

/** The mirrors of a reference's registry, and that itself last. */
export function endpointsOf(
  { registry, repository }: RegistryReference,
  settings: RegistrySettings,
): RegistryEndpoint[] {
  const mirrors = settings.mirrors.get(registry) ?? [];
  // As Docker has it: what listens on this machine need not be secure.
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

/** A path of the mirror's URL stands before the names of repositories there. */
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
