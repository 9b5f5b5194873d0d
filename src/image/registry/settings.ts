import { ClairError } from '../../core/errors.ts';

/** What a user says of registries, in the environment. */
export interface RegistrySettings {
  /** What names credentials and the files they lie in. */
  readonly env: NodeJS.ProcessEnv;
  /** By registry, where its images are asked for first, in this order. */
  readonly mirrors: ReadonlyMap<string, readonly URL[]>;
  /** Registries that may speak plain HTTP and show any certificate. */
  readonly insecure: ReadonlySet<string>;
}

/** Reads `CLAIR_REGISTRY_MIRRORS` and `CLAIR_REGISTRY_INSECURE`. Throws `usage` for what cannot be understood. */
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
        'CLAIR_REGISTRY_MIRRORS is a list of REGISTRY=URL with commas, as docker.io=https://mirror.example; it holds something else',
      );
    mirrors.set(registry, [...(mirrors.get(registry) ?? []), new URL(place)]);
  }
  return mirrors;
}

/** Credentials come by the same way as those of any registry. */
function isPlace(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  const isPlain = [username, password, search, hash].every((part) => part === '');
  return isPlain && (protocol === 'https:' || protocol === 'http:');
}

function insecureHost(text: string): string {
  if (/^[^\s/@]+$/.test(text) && URL.canParse(`https://${text}`)) return text.toLowerCase();
  throw new ClairError(
    'usage',
    'CLAIR_REGISTRY_INSECURE is a list of HOST[:PORT] with commas; it holds something else',
  );
}
