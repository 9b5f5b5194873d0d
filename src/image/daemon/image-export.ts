import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { TarError } from '../../kit/tar/header.ts';
import { type StreamedMember, tarMembers } from '../../kit/tar/members.ts';
import { cleanPath } from '../../kit/tar/path.ts';
import type { TarEntry } from '../../kit/tar/walker.ts';
import { type Digest, digestHex } from '../../model/digest.ts';
import type { DocumentStore } from '../container/image-container.ts';
import { unreadableTar } from '../container/walk-archive.ts';
import {
  configDocument,
  dockerManifestDocument,
  type ImageConfig,
  parseDocument,
  readDocument,
} from '../format/documents.ts';
import type { StreamedLayer, StreamLayers } from '../image.ts';
import type { ImageLayer } from '../image-layer.ts';

/** The export of an image by a daemon: a stream of a tar archive in the format of `docker save`. */
export interface ImageExport {
  /** Name in messages. */
  readonly name: string;
  /** diffIDs of all layers of the image, the lowest first. */
  readonly diffIds: readonly Digest[];
  /** Starts an export. */
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Streams layers from an export. podman, and Docker since version 25, name a layer by its diffID. Older versions do not, nor does Docker
 * for layers that it stores compressed. Then `manifest.json` at the end of the export names the layers, and a second export is requested.
 */
export function streamFromExport(from: ImageExport): StreamLayers {
  return (layers, signal) => streamLayers(from, layers, signal);
}

async function* streamLayers(
  from: ImageExport,
  layers: readonly ImageLayer[],
  signal: AbortSignal,
): AsyncGenerator<StreamedLayer> {
  const remaining = new Map(layers.flatMap((layer) => (layer.diffId ? [[layer.diffId, layer]] : [])));
  const documents = new Documents(from.name);
  yield* scanExport(from, { remaining, names: usualNames(remaining.keys()), documents }, signal);
  if (remaining.size === 0) return;
  yield* scanExport(from, { remaining, names: namesInManifest(documents, from.diffIds) }, signal);
  for (const missing of remaining.keys())
    throw new ClairError('target-corrupt', `${from.name} has no layer ${missing}`);
}

/** Reads the configuration of the image from an export. Returns undefined if the export has none. */
export async function readExportedConfig(
  from: ImageExport,
  signal: AbortSignal,
): Promise<ImageConfig | undefined> {
  const documents = new Documents(from.name);
  for await (const { path, bytes } of membersOf(from, documents.wants, signal)) {
    const document = await documents.take(path, bytes);
    const config = document && configOf(document, from.diffIds);
    if (config !== undefined) return config;
  }
  return undefined;
}

interface LayerSearch {
  /** Layers that are still to be streamed. Streamed layers are removed. */
  readonly remaining: Map<Digest, ImageLayer>;
  /** Layers by the names of their members. */
  readonly names: ReadonlyMap<string, Digest>;
  readonly documents?: Documents;
}

/** Reads an export until all layers were streamed, or to its end. */
async function* scanExport(
  from: ImageExport,
  { remaining, names, documents }: LayerSearch,
  signal: AbortSignal,
): AsyncGenerator<StreamedLayer> {
  const layerAt = (path: string): ImageLayer | undefined => remaining.get(names.get(path) ?? ('' as Digest));
  const wants = (entry: TarEntry): boolean =>
    layerAt(entry.path) !== undefined || documents?.wants(entry) === true;
  for await (const { path, bytes, isRead } of membersOf(from, wants, signal)) {
    const layer = layerAt(path);
    if (layer?.diffId === undefined) {
      await documents?.take(path, bytes);
      continue;
    }
    remaining.delete(layer.diffId);
    yield { layer, bytes };
    await isRead;
    if (remaining.size === 0) return;
  }
}

async function* membersOf(
  { name, open }: ImageExport,
  wants: (entry: TarEntry) => boolean,
  signal: AbortSignal,
): AsyncGenerator<StreamedMember> {
  try {
    yield* tarMembers(await open(signal), wants);
  } catch (error) {
    throw error instanceof TarError ? unreadableTar(name, error) : error;
  }
}

function usualNames(diffIds: Iterable<Digest>): Map<string, Digest> {
  return new Map(
    [...diffIds].flatMap((diffId) => [
      [`${digestHex(diffId)}.tar`, diffId],
      [`blobs/${diffId.replace(':', '/')}`, diffId],
    ]),
  );
}

/** Returns the names of the layers in `manifest.json`. The second occurrence of a layer may be a link; one of its names is a file. */
function namesInManifest(documents: Documents, diffIds: readonly Digest[]): Map<string, Digest> {
  const manifest = readDocument(documents, 'manifest.json', dockerManifestDocument);
  for (const { Config, Layers } of manifest) {
    const config = documents.document(Config);
    if (Layers?.length !== diffIds.length || !config || !configOf(config, diffIds)) continue;
    return new Map(diffIds.map((diffId, i) => [cleanPath(Layers[i] ?? ''), diffId]));
  }
  throw new ClairError(
    'target-corrupt',
    `${documents.name} has no image with the layers that the daemon reported`,
  );
}

/** Parses a document as a configuration. Returns it if it has these layers. */
function configOf(document: Buffer, diffIds: readonly Digest[]): ImageConfig | undefined {
  try {
    const config = parseDocument(document, 'it', configDocument);
    return config.rootfs?.diff_ids?.join() === diffIds.join() ? config : undefined;
  } catch {
    return undefined; // a document of another kind
  }
}

const braces: ReadonlySet<number> = new Set(Buffer.from('{['));

/** The documents of an export, stored while it streams. */
class Documents implements DocumentStore {
  readonly name: string;
  readonly #documents = new Map<string, Buffer>();
  #bytes = 0;

  constructor(name: string) {
    this.name = name;
  }

  readonly wants = ({ path, size }: TarEntry): boolean =>
    /\.json$|^blobs\//.test(path) &&
    size <= limits.manifestBytes &&
    this.#bytes + size <= limits.archiveDocumentBytes;

  /** Reads a member, and stores it if it is a document. */
  async take(path: string, bytes: AsyncIterable<Buffer>): Promise<Buffer | undefined> {
    const pieces: Buffer[] = [];
    for await (const piece of bytes) {
      if (pieces.length === 0 && !braces.has(piece[0] ?? 0)) return undefined;
      pieces.push(Buffer.from(piece));
    }
    const whole = Buffer.concat(pieces);
    this.#documents.set(path, whole);
    this.#bytes += whole.length;
    return whole;
  }

  document(name: string): Buffer | undefined {
    return this.#documents.get(cleanPath(name));
  }
}
