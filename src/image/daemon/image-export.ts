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
import type { ImageLayer } from '../image-layer.ts';
import type { StreamedLayer, StreamLayers } from '../streamed-layer.ts';

/** The export of an image by a daemon: a tar archive as `docker save` writes it, which streams by. */
export interface ImageExport {
  /** For messages. */
  readonly name: string;
  /** Of all layers of the image, the lowest first. */
  readonly diffIds: readonly Digest[];
  /** Has the daemon begin one. */
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Brings layers out of an export. podman, and Docker since version 25, name a layer by its diffID. Where that is not so, as with older ones and
 * with layers that Docker keeps compressed, `manifest.json` tells which is which: it comes last, and the export is asked for again.
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

/** The configuration of the image, which lies somewhere in the export; undefined where it does not. */
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
  /** What is to be brought; what was is taken out. */
  readonly remaining: Map<Digest, ImageLayer>;
  /** Names of members, and the layers they are. */
  readonly names: ReadonlyMap<string, Digest>;
  readonly documents?: Documents;
}

/** Reads an export until everything was brought, or to its end. */
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

/** A layer that occurs twice may be a link the second time; one of its names is a file. */
function namesInManifest(documents: Documents, diffIds: readonly Digest[]): Map<string, Digest> {
  const manifest = readDocument(documents, 'manifest.json', dockerManifestDocument);
  for (const { Config, Layers } of manifest) {
    const config = documents.document(Config);
    if (Layers?.length !== diffIds.length || !config || !configOf(config, diffIds)) continue;
    return new Map(diffIds.map((diffId, i) => [cleanPath(Layers[i] ?? ''), diffId]));
  }
  throw new ClairError('target-corrupt', `${documents.name} lists no image of the layers that were told`);
}

/** A document as a configuration, where it is the one of these layers. */
function configOf(document: Buffer, diffIds: readonly Digest[]): ImageConfig | undefined {
  try {
    const config = parseDocument(document, 'it', configDocument);
    return config.rootfs?.diff_ids?.join() === diffIds.join() ? config : undefined;
  } catch {
    return undefined; // a document of another kind
  }
}

const braces: ReadonlySet<number> = new Set(Buffer.from('{['));

/** The documents of an export, kept as they come by. */
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

  /** Reads a member, and keeps it if it is a document. */
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
