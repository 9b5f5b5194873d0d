import { existsSync } from 'node:fs';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import { imageIdentity } from '../../model/image-identity.ts';
import type { Choice, ListedManifest } from '../format/choose-manifest.ts';
import { createdOf, type Descriptor, labelsOf } from '../format/documents.ts';
import {
  type DocumentSource,
  type FetchedManifest,
  fetchImage,
  listFetchedManifests,
} from '../format/fetched-image.ts';
import type { Image, StreamedLayer } from '../image.ts';
import type { ImageLayer } from '../image-layer.ts';
import { parseReference, referenceText } from '../registry/reference.ts';
import { ContainerdClient } from './containerd-client.ts';

/** Sockets of containerd, where it and K3s put them. */
const usualSockets = ['/run/containerd/containerd.sock', '/run/k3s/containerd/containerd.sock'] as const;

/** An image in containerd. */
export interface ContainerdReference {
  /** A reference, as `nginx:1.27`, or the exact name that containerd lists. */
  readonly reference: string;
  /** The target as the user wrote it, for the report. */
  readonly target: string;
}

/** Options of `openContainerdImage`. */
export interface ContainerdOptions extends Pick<Choice, 'platform' | 'manifest'> {
  /** `CONTAINERD_ADDRESS` names the socket, and `CONTAINERD_NAMESPACE` the namespace, as for containerd's own command. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Opens an image of containerd. Reads no layer. Looks in the namespace of the environment, or else in all. Throws `target-not-found` if
 * containerd does not run, does not have the image, or has different images of this name, and `target-…` errors as for registries.
 */
export async function openContainerdImage(
  { reference, target }: ContainerdReference,
  { env = process.env, ...choice }: ContainerdOptions,
): Promise<Image> {
  const socket = findSocket(env);
  using client = await ContainerdClient.open(socket);
  const found = await findImage(client, reference, { socket, env });
  const { chosen, config, platform, layers } = await fetchImage(found.root, found.source, choice);
  const names = found.name.includes('@') ? [] : [found.name];
  return {
    target: {
      reference: target,
      kind: 'containerd',
      manifest: chosen.digest,
      platform,
      ...imageIdentity({ names, digest: chosen.digest, repoDigests: [] }, limits),
      ...createdOf(config),
    },
    layers,
    ...labelsOf(config),
    root: found.root.digest,
    streamLayers: (layersWanted, signal) => streamLayers(found, layersWanted, signal),
  };
}

/** Returns the manifests of all images of a name in containerd. Throws as `openContainerdImage`. */
export async function listContainerdManifests(
  reference: string,
  { env = process.env }: Pick<ContainerdOptions, 'env'>,
): Promise<readonly ListedManifest[]> {
  const socket = findSocket(env);
  using client = await ContainerdClient.open(socket);
  const { root, source } = await findImage(client, reference, { socket, env });
  return await listFetchedManifests(root, source);
}

interface FoundImage {
  readonly socket: string;
  readonly namespace: string;
  /** Its name in containerd. */
  readonly name: string;
  readonly root: FetchedManifest;
  readonly source: DocumentSource;
}

/** Finds a name in the namespace of the environment, or in all namespaces. */
async function findImage(
  client: ContainerdClient,
  reference: string,
  { socket, env }: { readonly socket: string; readonly env: NodeJS.ProcessEnv },
): Promise<FoundImage> {
  const wanted = env['CONTAINERD_NAMESPACE'];
  const namespaces = wanted ? [wanted] : await client.listNamespaces();
  const places: { namespace: string; name: string; descriptor: Descriptor }[] = [];
  for (const namespace of namespaces)
    for (const name of namesOf(reference)) {
      const descriptor = await client.findImage(namespace, name);
      if (descriptor === undefined) continue;
      places.push({ namespace, name, descriptor });
      break;
    }
  const [place] = places;
  if (place === undefined)
    throw new ClairError(
      'target-not-found',
      `the containerd at ${socket} has no image ${reference} in ${wanted ? `the namespace ${wanted}` : `its namespaces (${namespaces.join(', ') || 'none'})`}`,
    );
  if (places.some(({ descriptor }) => descriptor.digest !== place.descriptor.digest))
    throw new ClairError(
      'target-not-found',
      `the containerd at ${socket} has different images ${reference} in the namespaces ${places.map(({ namespace }) => namespace).join(', ')}; set CONTAINERD_NAMESPACE to one of them`,
    );
  const { namespace, name, descriptor } = place;
  const source = documentsOf(client, namespace, reference);
  return { socket, namespace, name, source, root: await manifestOf(client, namespace, descriptor) };
}

/** The text itself, and the full form of a reference, which containerd uses for pulled images. */
function namesOf(reference: string): readonly string[] {
  try {
    return [...new Set([referenceText(parseReference(reference)), reference])];
  } catch {
    return [reference];
  }
}

function documentsOf(client: ContainerdClient, namespace: string, name: string): DocumentSource {
  return {
    name,
    fetchManifest: (digest) => manifestOf(client, namespace, { digest }),
    fetchDocument: (descriptor) => client.readDocument(namespace, descriptor),
  };
}

async function manifestOf(
  client: ContainerdClient,
  namespace: string,
  descriptor: Descriptor,
): Promise<FetchedManifest> {
  const bytes = await client.readDocument(namespace, descriptor);
  return { bytes, digest: descriptor.digest, mediaType: descriptor.mediaType ?? '' };
}

/** Yields all layers concurrently. Connects to containerd only when the bytes of a layer are read. */
async function* streamLayers(
  found: FoundImage,
  layers: readonly ImageLayer[],
  signal: AbortSignal,
): AsyncGenerator<StreamedLayer> {
  for (const layer of layers) {
    const { digest } = layer;
    if (digest === undefined) throw new Error('a layer of a manifest has a digest');
    yield { layer, bytes: readLayerBlob(found, digest, signal) };
  }
}

async function* readLayerBlob(
  { socket, namespace, name }: FoundImage,
  digest: Digest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  using client = await ContainerdClient.open(socket);
  try {
    yield* client.readBlob(namespace, digest, signal);
  } catch (error) {
    if (!(error instanceof ClairError && error.code === 'target-not-found')) throw error;
    const advice =
      'nodes of Kubernetes may discard layers after unpacking them (discard_unpacked_layers); scan the image in its registry';
    throw new ClairError('target-not-found', `${name}: ${error.message}; ${advice}`, { cause: error });
  }
}

/** Returns the socket of the environment, or the first usual one that exists. Throws `target-not-found` without one. */
function findSocket(env: NodeJS.ProcessEnv): string {
  const set = env['CONTAINERD_ADDRESS']?.replace(/^unix:\/\//, '');
  const candidates = set ? [set] : usualSockets;
  const socket = candidates.find((path) => existsSync(path));
  if (socket !== undefined) return socket;
  throw new ClairError(
    'target-not-found',
    `there is no containerd at ${candidates.join(', ')}; if it listens elsewhere, set CONTAINERD_ADDRESS`,
  );
}
