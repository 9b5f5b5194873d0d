import { join } from 'node:path';
import { homeDirectory } from '../../kit/home-directory.ts';
import { type CredentialFile, type Credentials, readCredentialFile } from './credential-file.ts';
import { queryCredentialHelper } from './credential-helper.ts';

/** The credentials for a repository, if any, and descriptions of the searched locations. */
export interface CredentialSearch {
  readonly credentials: Credentials | undefined;
  readonly searchedLocations: readonly string[];
  /** Whether they are of the environment, which names no host for them. They then go to no other host that the registry names. */
  readonly isUnbound?: boolean;
}

/** The registry and repository that need credentials. */
export interface CredentialScope {
  /** `host[:port]` */
  readonly registry: string;
  readonly repository: string;
  /** Whether the registry is a mirror. Credentials of the environment without a host do not apply to mirrors. */
  readonly isMirror: boolean;
}

/**
 * Looks for credentials in the environment, then in the files of Podman and Docker and the helpers that these name. Returns the first
 * match. containers-auth.json(5); Docker, "Credential stores". Throws `config-invalid` if a file is malformed.
 */
export async function findCredentials(
  scope: CredentialScope,
  env: NodeJS.ProcessEnv,
): Promise<CredentialSearch> {
  const own = fromEnvironment(scope, env);
  if (typeof own !== 'string')
    return { credentials: own, searchedLocations: [], isUnbound: !env['CLAIR_REGISTRY_HOST'] };
  const searchedLocations = [own];
  for (const path of credentialFiles(env)) {
    const file = readCredentialFile(path);
    const found = file === undefined ? `${path}: no such file` : await fromFile(file, scope, env);
    if (typeof found !== 'string') return { credentials: found, searchedLocations: [] };
    searchedLocations.push(found);
  }
  return { credentials: undefined, searchedLocations };
}

/** Returns whether the environment has credentials and names no host that they are for. */
export function hasUnboundCredentials(env: NodeJS.ProcessEnv): boolean {
  const hasCredentials =
    env['CLAIR_REGISTRY_TOKEN'] || (env['CLAIR_REGISTRY_USERNAME'] && env['CLAIR_REGISTRY_PASSWORD']);
  return Boolean(hasCredentials) && !env['CLAIR_REGISTRY_HOST'];
}

/** Returns the environment without credentials that name no host: those are for the registry of the scanned image only. */
export function withoutUnboundCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return hasUnboundCredentials(env) ? withoutCredentials(env) : env;
}

/** Returns the environment without credentials, so that those of files count. */
export function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {
    CLAIR_REGISTRY_TOKEN: _,
    CLAIR_REGISTRY_USERNAME: __,
    CLAIR_REGISTRY_PASSWORD: ___,
    ...others
  } = env;
  return others;
}

/** Returns the credentials, or the reason for their absence. */
function fromEnvironment(
  { registry, isMirror }: CredentialScope,
  env: NodeJS.ProcessEnv,
): Credentials | string {
  const token = env['CLAIR_REGISTRY_TOKEN'];
  const username = env['CLAIR_REGISTRY_USERNAME'];
  const password = env['CLAIR_REGISTRY_PASSWORD'];
  const host = env['CLAIR_REGISTRY_HOST']?.toLowerCase();
  if (!token && (!username || !password))
    return 'CLAIR_REGISTRY_USERNAME and CLAIR_REGISTRY_PASSWORD: not set';
  if (host ? host !== registry : isMirror)
    return `CLAIR_REGISTRY_…: for ${host ?? 'the registry behind the mirror'}`;
  if (token) return { kind: 'registry-token', token };
  return { kind: 'password', username: username ?? '', password: password ?? '' };
}

function credentialFiles(env: NodeJS.ProcessEnv): string[] {
  const home = env['HOME'] || homeDirectory();
  const named = env['REGISTRY_AUTH_FILE'];
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    ...(named ? [named] : []),
    ...(runtime ? [join(runtime, 'containers/auth.json')] : []),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'containers/auth.json'),
    join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json'),
  ];
}

/** Returns the credentials in a file or of the helper that it names, or the reason for their absence. */
async function fromFile(
  file: CredentialFile,
  { registry, repository }: CredentialScope,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | string> {
  const helper = file.helperOf(registry);
  const tried: string[] = [];
  if (helper !== undefined) {
    const result = await queryCredentialHelper(helper, serverOf(registry), env);
    if (typeof result !== 'string') return result;
    tried.push(result);
  }
  const entry = file.entryOf(registry, repository);
  if (entry !== undefined) return entry;
  return `${file.path}: ${[...tried, `no entry for ${registry}`].join(', ')}`;
}

/** Returns the name of a registry in credential helpers. */
function serverOf(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
}
