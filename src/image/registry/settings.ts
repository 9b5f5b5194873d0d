import { ClairError } from '../../core/errors.ts';

/** Settings of registries in the environment. */
export interface RegistrySettings {
  /** Environment variables that hold credentials or name credential files. */
  readonly env: NodeJS.ProcessEnv;
  /** Mirrors by registry, in the order in which they are tried. */
  readonly mirrors: ReadonlyMap<string, readonly URL[]>;
  /** Registries that may use plain HTTP and untrusted certificates. */
  readonly insecure: ReadonlySet<string>;
}

/** Reads `CLAIR_REGISTRY_MIRRORS` and `CLAIR_REGISTRY_INSECURE`. Throws `usage` if they are malformed. */
export function registrySettings(env: NodeJS.ProcessEnv): RegistrySettings {
  return {
    env,
    mirrors: mirrorsOf(listOf(env['CLAIR_REGISTRY_MIRRORS'])),
    insecure: new Set(listOf(env['CLAIR_REGISTRY_INSECURE']).map(insecureHost)),
  };
}

function listOf(text = ''): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `docker.io=https://mirror.example/prefix` */
function mirrorsOf(entries: readonly string[]): Map<string, URL[]> {
  const mirrors = new Map<string, URL[]>();
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    const registry = entry.slice(0, Math.max(equals, 0)).toLowerCase();
    const place = entry.slice(equals + 1);
    if (registry === '' || !isPlace(place))
      throw new ClairError(
        'usage',
        'CLAIR_REGISTRY_MIRRORS must be a comma-separated list of REGISTRY=URL, such as docker.io=https://mirror.example',
      );
    mirrors.set(registry, [...(mirrors.get(registry) ?? []), new URL(place)]);
  }
  return mirrors;
}

/**
 * Whether a text is a valid URL of a mirror. Credentials in the URL are not allowed: they have the same sources as those of any registry.
 */
function isPlace(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  const isPlain = [username, password, search, hash].every((part) => part === '');
  return isPlain && (protocol === 'https:' || protocol === 'http:');
}

function insecureHost(text: string): string {
  if (/^[^\s/@]+$/.test(text) && URL.canParse(`https://${text}`)) return text.toLowerCase();
  throw new ClairError('usage', 'CLAIR_REGISTRY_INSECURE must be a comma-separated list of HOST[:PORT]');
}
