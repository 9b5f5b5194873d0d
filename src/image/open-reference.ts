import { ClairError } from '../core/errors.ts';
import type { Digest } from '../model/digest.ts';
import { DaemonUnavailable } from './daemon/endpoint.ts';
import { type DaemonOptions, findInDaemon, openDaemonImage } from './daemon/open-daemon-image.ts';
import type { ListedManifest } from './format/choose-manifest.ts';
import type { Image } from './image.ts';
import { looksLikePath } from './mistyped-target.ts';
import type { RegistryAccess } from './registry/endpoint.ts';
import type { RegistryImage } from './registry/open-registry-image.ts';
import type { ConnectToOtherHost } from './registry/other-hosts.ts';
import { parseReference } from './registry/reference.ts';

/** Options of `openReference`. */
export interface ReferenceOptions extends DaemonOptions {
  /** Whether to look for a bare reference in local daemons only, and in no registry. */
  readonly offline?: boolean;
  /** A manifest from `listReferenceManifests`. */
  readonly manifest?: Digest;
  /** Access to the registry that a client has given, instead of that of the environment. */
  readonly access?: RegistryAccess | undefined;
  /** Connects to hosts that a registry names. Any host is allowed without it. */
  readonly connectElsewhere?: ConnectToOtherHost | undefined;
}

const daemons = ['docker', 'podman'] as const;
const containerdPrefix = 'containerd:';

/**
 * Opens the image of `registry:REF`, `docker:REF`, `podman:REF`, `containerd:REF` or a bare reference. Looks for a bare reference in Docker, then in podman,
 * then in its registry. Throws the error of the last one, with the reasons why the others do not have the image.
 */
export async function openReference(target: string, options: ReferenceOptions): Promise<Image> {
  if (target.startsWith(containerdPrefix)) return await openInContainerd(target, options);
  const [, where, reference = ''] = /^(registry|docker|podman):(.*)$/s.exec(target) ?? [];
  if (where === 'registry') return (await openInRegistry({ target, reference }, options)).image;
  const daemon = daemons.find((name) => name === where);
  if (daemon !== undefined) return await openDaemonImage({ daemon, reference, target }, options);
  return await openBare(target, options);
}

/** Opens the registry image of a target, with its repository. Returns undefined if the target is not of a registry. */
export async function openRegistryTarget(
  target: string,
  options: ReferenceOptions,
): Promise<RegistryImage | undefined> {
  const [, reference] = /^registry:(.*)$/s.exec(target) ?? [];
  return reference === undefined ? undefined : await openInRegistry({ target, reference }, options);
}

/**
 * Returns the manifests of all platforms of a registry image. Returns undefined if a daemon has the image, which then has one platform, or
 * if no place has it.
 */
export async function listReferenceManifests(
  target: string,
  options: ReferenceOptions,
): Promise<readonly ListedManifest[] | undefined> {
  if (target.startsWith(containerdPrefix)) return await listInContainerd(target, options);
  const [, where, named] = /^(registry|docker|podman):(.*)$/s.exec(target) ?? [];
  if (where === 'docker' || where === 'podman') return undefined;
  if (named === undefined && !(await isOnlyInRegistry(target, options))) return undefined;
  const { listRegistryManifests } = await import('./registry/open-registry-image.ts');
  return await listRegistryManifests(named ?? target, { env: options.env ?? process.env });
}

async function listInContainerd(
  target: string,
  options: ReferenceOptions,
): Promise<readonly ListedManifest[]> {
  const { listContainerdManifests } = await import('./containerd/open-containerd-image.ts');
  return await listContainerdManifests(target.slice(containerdPrefix.length), options);
}

/** Whether a bare reference can only be in its registry: no daemon has it. */
async function isOnlyInRegistry(target: string, options: ReferenceOptions): Promise<boolean> {
  if (options.offline === true || !isReference(target) || looksLikePath(target)) return false;
  for (const daemon of daemons)
    if (!((await findInDaemon({ daemon, reference: target, target }, options)) instanceof DaemonUnavailable))
      return false;
  return true;
}

async function openBare(target: string, options: ReferenceOptions): Promise<Image> {
  const tried = [`there is no file or directory ${target}`];
  if (!isReference(target)) throw new ClairError('target-not-found', tried.join());
  if (looksLikePath(target))
    throw new ClairError(
      'target-not-found',
      `${tried.join()}; if it is an image, put registry:, docker: or podman: before its name`,
    );
  for (const daemon of options.manifest === undefined ? daemons : []) {
    const found = await findInDaemon({ daemon, reference: target, target }, options);
    if (!(found instanceof DaemonUnavailable)) return found;
    tried.push(found.message);
  }
  const before = tried.join(';\n  ');
  if (options.offline === true)
    throw new ClairError('target-not-found', `${before};\n  offline mode queries no registry`);
  try {
    return (await openInRegistry({ target, reference: target }, options)).image;
  } catch (error) {
    if (!(error instanceof ClairError)) throw error;
    throw new ClairError(error.code, `${before};\n  ${error.message}`, { cause: error, limit: error.limit });
  }
}

async function openInContainerd(
  target: string,
  { env = process.env, platform, manifest }: ReferenceOptions,
): Promise<Image> {
  const { openContainerdImage } = await import('./containerd/open-containerd-image.ts');
  const reference = target.slice(containerdPrefix.length);
  return await openContainerdImage(
    { target, reference },
    { env, ...(platform !== undefined && { platform }), ...(manifest !== undefined && { manifest }) },
  );
}

async function openInRegistry(
  image: { readonly target: string; readonly reference: string },
  { env = process.env, platform, manifest, access, connectElsewhere }: ReferenceOptions,
): Promise<RegistryImage> {
  const { openRegistryImage } = await import('./registry/open-registry-image.ts');
  return await openRegistryImage(image, {
    env,
    access,
    connectElsewhere,
    ...(platform !== undefined && { platform }),
    ...(manifest !== undefined && { manifest }),
  });
}

/** Whether a target that is not a file can be a reference. */
function isReference(target: string): boolean {
  try {
    parseReference(target);
    return true;
  } catch {
    return false;
  }
}
