import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import type { StoredFile } from '../container/image-container.ts';
import type { ImageLayer } from '../image-layer.ts';
import { assembleLayers, checkDiffIdCount } from './assemble-layers.ts';
import {
  type Choice,
  chooseManifest,
  type ImageIndexReader,
  isIndex,
  type ListedManifest,
  listManifests,
} from './choose-manifest.ts';
import {
  configDocument,
  type Descriptor,
  type ImageConfig,
  indexDocument,
  manifestDocument,
  parseDocument,
} from './documents.ts';
import { layerEntries, statedCompression } from './layer-types.ts';
import { platformText } from './platform.ts';
import { refuseArtifact, refuseSchema1 } from './unsupported-manifest.ts';

/** The annotation of a manifest with the digest of its SOCI index: docs/soci-index-manifest-v2.md of soci-snapshotter. */
const sociIndexAnnotation = 'com.amazon.soci.index-digest';

/** A manifest or an index, with its digest, which was verified. */
export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
}

/** Where the documents of one image are fetched from. Each method verifies the digest of what it returns. */
export interface DocumentSource {
  /** Name of the image in messages. */
  readonly name: string;
  fetchManifest(digest: Digest): Promise<FetchedManifest>;
  fetchDocument(descriptor: Descriptor): Promise<Buffer>;
}

/** An image as its documents describe it. */
export interface FetchedImage {
  /** The entry of the manifest in the index, or a descriptor of the manifest if there is no index. */
  readonly chosen: Descriptor;
  readonly config: ImageConfig;
  readonly platform: string | null;
  /** The layers, whose bytes are remote. */
  readonly layers: readonly ImageLayer[];
  /** The layers in the manifest, in the same order. */
  readonly descriptors: readonly Descriptor[];
  /** The digest of its SOCI index that the manifest states. */
  readonly sociIndex: Digest | undefined;
}

/**
 * Fetches the documents of an image that begins with `root`: its manifest, or an index that leads to it. Throws `target-…` if there is no
 * image of the wanted platform or if it is unsupported or malformed.
 */
export async function fetchImage(
  root: FetchedManifest,
  source: DocumentSource,
  choice: Choice,
): Promise<FetchedImage> {
  const { name } = source;
  refuseSchema1(name, root);
  const chosen = await choose(root, source, choice);
  const fetched = chosen.digest === root.digest ? root : await source.fetchManifest(chosen.digest);
  refuseSchema1(name, fetched);
  const manifest = parseDocument(fetched.bytes, `the manifest ${chosen.digest} of ${name}`, manifestDocument);
  refuseArtifact(name, manifest);
  const { config: entry } = manifest;
  const descriptors = layerEntries(name, manifest.layers);
  const config = parseDocument(
    await source.fetchDocument(entry),
    `the configuration ${entry.digest} of ${name}`,
    configDocument,
  );
  checkDiffIdCount(name, descriptors.length, config);
  const byName = new Map(descriptors.map((layer) => [layer.digest as string, layer]));
  const found = { name, find: (file: string) => layerFile(name, byName.get(file)) };
  const files = descriptors.map(({ digest, mediaType }) => ({ name: digest, digest, mediaType }));
  return {
    chosen,
    config,
    platform: platformText(chosen.platform) ?? platformText(config),
    layers: assembleLayers(found, files, config),
    descriptors,
    sociIndex: parseDigest(manifest.annotations?.[sociIndexAnnotation] ?? ''),
  };
}

/** Returns the manifests of all images that `root` leads to. A manifest without an index is the only one. */
export async function listFetchedManifests(
  root: FetchedManifest,
  source: DocumentSource,
): Promise<readonly ListedManifest[]> {
  refuseSchema1(source.name, root);
  if (!isIndex(root)) return [{ digest: root.digest, platform: null }];
  return await listManifests(indexReaderOf(source), entriesOf(source.name, root), {});
}

/** Parses the entries of an index. */
export function entriesOf(
  name: string,
  { bytes, digest }: Pick<FetchedManifest, 'bytes' | 'digest'>,
): readonly Descriptor[] {
  return parseDocument(bytes, `the index ${digest} of ${name}`, indexDocument).manifests ?? [];
}

/** Returns the manifest itself, or the one of the wanted platform in an index. */
async function choose(root: FetchedManifest, source: DocumentSource, choice: Choice): Promise<Descriptor> {
  const { mediaType, digest, bytes } = root;
  if (!isIndex(root)) return { mediaType, digest, size: bytes.length };
  return await chooseManifest(indexReaderOf(source), entriesOf(source.name, root), choice);
}

function indexReaderOf(source: DocumentSource): ImageIndexReader {
  const { name } = source;
  let read = 0;
  const readIndex = async ({ digest }: Descriptor): Promise<readonly Descriptor[]> => {
    if (++read > limits.indexesPerImage)
      throw new ClairError('limit-exceeded', `${name} has more than ${limits.indexesPerImage} indexes`);
    return entriesOf(name, await source.fetchManifest(digest));
  };
  return { name, readIndex };
}

/** Returns a layer as a remote file. Throws `target-unsupported` if it is encrypted, and `target-corrupt` if it has no size. */
function layerFile(name: string, descriptor: Descriptor | undefined): StoredFile | undefined {
  if (descriptor === undefined) return undefined;
  const { mediaType = '', digest, size } = descriptor;
  if (mediaType.endsWith('+encrypted'))
    throw new ClairError('target-unsupported', `the layer ${digest} of ${name} is encrypted`);
  if (size === undefined || !Number.isSafeInteger(size) || size < 0)
    throw new ClairError('target-corrupt', `the layer ${digest} of ${name} has no size`);
  const place = { kind: 'remote', path: `${name} ${digest}` } as const;
  return { place, compression: statedCompression(mediaType) ?? 'none', sizeBytes: size };
}
