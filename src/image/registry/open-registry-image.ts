import { limits } from '../../core/limits.ts';
import { applyCaEnv, hasProxy } from '../../kit/http/http-environment.ts';
import type { ConnectionTimeouts } from '../../kit/http/http-rules.ts';
import { useProxies } from '../../kit/http/proxies.ts';
import type { Digest } from '../../model/digest.ts';
import { type ImageIdentity, imageIdentity } from '../../model/image-identity.ts';
import type { Choice, ListedManifest } from '../format/choose-manifest.ts';
import { createdOf, type Descriptor, labelsOf } from '../format/documents.ts';
import {
  type DocumentSource,
  type FetchedManifest,
  fetchImage,
  listFetchedManifests,
} from '../format/fetched-image.ts';
import type { Image } from '../image.ts';
import { endpointAt, endpointsOf, type RegistryAccess, type RegistryEndpoint } from './endpoint.ts';
import { type CredentialSearch, findCredentials } from './find-credentials.ts';
import { type ForeignLayer, publicInternet } from './foreign-layer.ts';
import type { ConnectToOtherHost } from './other-hosts.ts';
import { parseReference, type RegistryReference } from './reference.ts';
import { RegistryClient, type RegistryClientOptions } from './registry-client.ts';
import { RemoteLayers } from './remote-layers.ts';
import { RepositoryClient } from './repository-client.ts';
import { registrySettings } from './settings.ts';

/** Options of `openRegistryImage`. */
export interface RegistryOptions
  extends Pick<Choice, 'platform' | 'manifest'>,
    Pick<ConnectionTimeouts, 'idleMs'> {
  /** Environment variables with settings and credentials. */
  readonly env: NodeJS.ProcessEnv;
  readonly sleep?: RegistryClientOptions['sleep'];
  /** Instead of the mirrors and credentials of the environment. */
  readonly access?: RegistryAccess | undefined;
  /** Returns connection options for non-distributable layers. Only the public Internet by default. */
  readonly connect?: ForeignLayer['connect'];
  /** Connects to hosts that the registry names. Any host is allowed without it. */
  readonly connectElsewhere?: ConnectToOtherHost | undefined;
}

/** An image of a registry, with its descriptor and the manifest that led to it. */
export interface RegistryImage {
  readonly image: Image;
  readonly repository: RepositoryClient;
  /** Its entry in the index, or a descriptor of the manifest if there is no index. */
  readonly chosen: Descriptor;
  /** The manifest of the reference itself: of the image, or an index. */
  readonly root: FetchedManifest;
}

/**
 * Opens the image of a reference. Reads no layer: `streamLayers` fetches them. Throws `usage`, `registry-…` and `target-…` errors that name
 * the failed request.
 */
export async function openRegistryImage(
  { target, reference }: { readonly target: string; readonly reference: string },
  options: RegistryOptions,
): Promise<RegistryImage> {
  const { root, repository, source } = await resolveReference(reference, options);
  const choice = {
    ...(options.platform !== undefined && { platform: options.platform }),
    ...(options.manifest !== undefined && { manifest: options.manifest }),
  };
  const fetched = await fetchImage(root, source, choice);
  const { chosen, config, platform, layers } = fetched;
  const remote = new RemoteLayers(fetched, repository, options.connect ?? publicInternet());
  return {
    image: {
      target: {
        reference: target,
        kind: 'registry',
        manifest: chosen.digest,
        platform,
        ...identityOf(parseReference(reference), [chosen.digest, root.digest]),
        ...createdOf(config),
      },
      layers,
      ...labelsOf(config),
      root: root.digest,
      streamLayers: (wanted, signal) => remote.streamLayers(wanted, signal),
      findTable: (layer) => remote.findTable(layer),
      openInParts: (layer) => remote.openInParts(layer),
      checkLayers: (signal) => remote.check(signal),
    },
    repository,
    chosen,
    root,
  };
}

/** Returns the digest or else the tag. If both are present, the tag is ignored, since the registry may not have it. */
function identityOf(
  { registry, repository, tag, digest }: RegistryReference,
  digests: readonly [Digest, Digest],
): ImageIdentity {
  const name = `${registry}/${repository}`;
  const claims = {
    names: tag === undefined || digest !== undefined ? [] : [`${name}:${tag}`],
    digest: digests[0],
    repoDigests: digests.map((each) => `${name}@${each}`),
  };
  return imageIdentity(claims, limits);
}

/**
 * Opens a repository, with its mirrors and the credentials of the environment, or with the access of the options only. Throws `usage` if a
 * setting is malformed.
 */
export function openRepository(
  reference: Pick<RegistryReference, 'registry' | 'repository'>,
  options: ClientOptions,
): RepositoryClient {
  const settings = registrySettings(options.env);
  const { access } = options;
  const endpoints =
    access === undefined ? endpointsOf(reference, settings) : [endpointAt(access, reference, settings)];
  return new RepositoryClient(
    `${reference.registry}/${reference.repository}`,
    openClients(endpoints, options),
  );
}

/** Options of clients of a registry. */
type ClientOptions = Pick<RegistryOptions, 'env' | 'sleep' | 'idleMs' | 'access' | 'connectElsewhere'>;

/** Returns a client for each endpoint, with the proxies and certificates of the environment, and its credentials or those of the options. */
export function openClients(
  endpoints: readonly RegistryEndpoint[],
  { env, sleep, idleMs, access, connectElsewhere }: ClientOptions,
): RegistryClient[] {
  const prepareTls = once(() => {
    applyCaEnv(env);
  });
  useProxies(env);
  const shared = { now: Date.now, isProxied: hasProxy(env), prepareTls, sleep, idleMs, connectElsewhere };
  return endpoints.map((endpoint) => {
    if (access !== undefined)
      return new RegistryClient(endpoint, {
        ...shared,
        findCredentials: noCredentials,
        given: access.authorization,
      });
    let found: ReturnType<typeof findCredentials> | undefined;
    const findOnce = (): ReturnType<typeof findCredentials> => (found ??= findCredentials(endpoint, env));
    return new RegistryClient(endpoint, { findCredentials: findOnce, ...shared });
  });
}

async function noCredentials(): Promise<CredentialSearch> {
  return { credentials: undefined, searchedLocations: ['the request has none'] };
}

/** Returns the manifests of all images of a reference. A reference to a manifest without an index has one. */
export async function listRegistryManifests(
  reference: string,
  options: RegistryOptions,
): Promise<readonly ListedManifest[]> {
  const { root, source } = await resolveReference(reference, options);
  return await listFetchedManifests(root, source);
}

/** Fetches the manifest or index of a reference. */
async function resolveReference(reference: string, options: RegistryOptions): Promise<ResolvedReference> {
  const parsed = parseReference(reference);
  const repository = openRepository(parsed, options);
  const root = await repository.fetchManifest(parsed.digest ?? parsed.tag ?? 'latest');
  const name = `${repository.name}${parsed.digest === undefined ? `:${parsed.tag ?? ''}` : `@${parsed.digest}`}`;
  const source: DocumentSource = {
    name,
    fetchManifest: (digest) => repository.fetchManifest(digest),
    fetchDocument: (descriptor) => repository.fetchDocument(descriptor),
  };
  return { root, repository, source };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

interface ResolvedReference {
  readonly root: FetchedManifest;
  readonly repository: RepositoryClient;
  readonly source: DocumentSource;
}
