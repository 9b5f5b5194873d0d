import { createHash } from 'node:crypto';
import { type Image, type ImageLayer, layerIdentity } from '../image/image.ts';
import { lookupOf } from '../match/lookup.ts';
import { type SquashedImage, type SquashedPackage, squash } from '../match/squash.ts';
import type { Digest } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { namespaceOf } from '../model/namespace.ts';
import { comparePackages, compareText } from '../model/order.ts';
import { purlOf } from '../model/purl.ts';
import type { ExtensionStatus, ReportLayer } from '../model/report.ts';
import type { Extensions } from '../plugin/extensions.ts';
import { isKey } from '../plugin/version-scheme.ts';
import type { ImagePackage, Store } from '../store/store.ts';
import { type AnalyzeLayers, analyzerKey } from './analyze-layers.ts';

/** Raised whenever the same layers may give other namespaces, purls or version keys: images are then saved anew. */
const indexVersion = 1;

/** What indexing needs. */
export interface IndexingRoom {
  readonly extensions: Extensions;
  readonly store: Pick<Store, 'layers' | 'images'>;
  readonly analyze: AnalyzeLayers;
  /** Read and hash also what could be seeked over. */
  readonly verify: boolean;
  readonly onProgress: (text: string) => void;
}

/** An image whose packages are known and stored. */
export interface IndexedImage {
  /** Its number in the store. */
  readonly id: number;
  readonly distro: Distro | null;
  readonly layers: readonly ReportLayer[];
  readonly packages: readonly ImagePackage[];
  readonly statuses: readonly ExtensionStatus[];
}

/** Reads the layers nobody has read yet under these extensions, lays them over each other, and saves what is installed. */
export async function indexImage(image: Image, room: IndexingRoom): Promise<IndexedImage> {
  const key = analyzerKey(room.extensions);
  const layers = await indexLayers(image.layers, key, room);
  const squashed = squash(layers.map(({ index }) => index));
  const distro = detect(squashed, room.extensions);
  const diffIds = layers.map(({ layer, index }) => layer.diffId ?? index.diffId ?? null);
  const packages = squashed.packages
    .map((item) => toImagePackage(item, { distro, diffIds, extensions: room.extensions }))
    .sort(comparePackages);
  const identity = identityOf([`index-${indexVersion} ${key}`, ...layers.map((layer) => layer.identity)]);
  const id = await room.store.images.save({
    identity,
    layers: layers.map((layer) => layer.identity),
    distro,
    packages,
  });
  return {
    id,
    distro,
    layers: layers.map(({ layer, index }) => toReportLayer(layer, index)),
    packages,
    statuses: statusesOf(squashed, room.extensions, diffIds),
  };
}

interface KnownLayer {
  readonly layer: ImageLayer;
  readonly identity: string;
  readonly index: LayerIndex;
}

async function indexLayers(
  layers: readonly ImageLayer[],
  key: string,
  room: IndexingRoom,
): Promise<KnownLayer[]> {
  const identities = layers.map((layer) => layerIdentity(layer, room.verify));
  const known = new Map<string, LayerIndex>();
  for (const identity of identities) {
    const index = identity === undefined ? undefined : await room.store.layers.find(identity, key);
    if (identity !== undefined && index !== undefined) known.set(identity, index);
  }
  const isUnread = (i: number): boolean => !known.has(identities[i] ?? '');
  // The same layer twice in one image, as empty layers are, is read once.
  const unread = layers.filter((_, i) => isUnread(i) && identities.indexOf(identities[i]) === i);
  if (unread.length > 0) room.onProgress(`reading ${unread.length} of ${layers.length} layers`);
  const indexes = await room.analyze(unread, room.verify);
  const fresh = new Map(unread.map((layer, i) => [layer, indexes[i]]));
  const result: KnownLayer[] = [];
  for (const [i, layer] of layers.entries()) {
    const index = known.get(identities[i] ?? '') ?? fresh.get(layer);
    if (index === undefined) throw new Error(`layer ${i} was not analysed`);
    const identity = identities[i] ?? `content:${hashOf(JSON.stringify(index))}`;
    if (!known.has(identity)) await room.store.layers.save(identity, key, index);
    known.set(identity, index);
    result.push({ layer, identity, index });
  }
  return result;
}

function detect({ files }: SquashedImage, { detectors }: Extensions): Distro | null {
  for (const detector of detectors) {
    const distro = detector.detect(files);
    if (distro !== undefined) return distro;
  }
  return null;
}

interface Surroundings {
  readonly distro: Distro | null;
  readonly diffIds: readonly (Digest | null)[];
  readonly extensions: Extensions;
}

function toImagePackage(item: SquashedPackage, { distro, diffIds, extensions }: Surroundings): ImagePackage {
  const listed = item.package;
  const namespace = distro === null ? undefined : namespaceOf(distro, listed.type);
  const asked = lookupOf(listed);
  const key = extensions.schemes.find(({ name }) => name === namespace?.versionScheme)?.key(asked.version);
  return {
    ...listed,
    purl: purlOf(listed, distro),
    location: { path: item.path, layer: diffIds[item.layer] ?? null },
    foundBy: item.lister,
    lookup:
      namespace === undefined
        ? null
        : { namespace, ...asked, ...(key !== undefined && isKey(key) && { key }) },
  };
}

function toReportLayer(layer: ImageLayer, index: LayerIndex): ReportLayer {
  return {
    digest: layer.digest ?? index.digest ?? null,
    diffId: layer.diffId ?? index.diffId ?? null,
    sizeBytes: layer.sizeBytes,
    createdBy: layer.createdBy ?? null,
    verified: index.verified,
  };
}

function statusesOf(
  squashed: SquashedImage,
  extensions: Extensions,
  diffIds: readonly (Digest | null)[],
): ExtensionStatus[] {
  const read = squashed.packages.map(({ lister, path, layer }) => ({
    extension: lister,
    path,
    layer,
    problem: null,
  }));
  const problems = squashed.problems.map(({ extension, path, layer, message }) => ({
    extension,
    path,
    layer,
    problem: message,
  }));
  const found = Map.groupBy([...read, ...problems], ({ extension }) => extension);
  const names = new Set([...extensions.listers.map(({ name }) => name), ...found.keys()]);
  return [...names].sort(compareText).flatMap((extension) => {
    const files = found.get(extension);
    if (files === undefined) return [];
    const hasRead = files.some(({ problem }) => problem === null);
    const hasProblem = files.some(({ problem }) => problem !== null);
    const status = !hasProblem ? 'succeeded' : hasRead ? 'partly-failed' : 'failed';
    const told = files.map(({ path, layer, problem }) => ({ path, layer: diffIds[layer] ?? null, problem }));
    return [{ extension, status, files: distinct(told) } as const];
  });
}

/** Each file once; those with a problem keep it. */
function distinct(files: ExtensionStatus['files']): ExtensionStatus['files'] {
  const byFile = new Map(files.map((file) => [`${file.path}\n${file.problem ?? ''}`, file]));
  return [...byFile.values()].sort(
    (a, b) => compareText(a.path, b.path) || compareText(a.problem ?? '', b.problem ?? ''),
  );
}

/** Text of this length fits into the index of any engine; a longer one is hashed. */
const identityCharacters = 1000;

function identityOf(parts: readonly string[]): string {
  const text = parts.join('\n');
  return text.length <= identityCharacters ? text : `sha256:${hashOf(text)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
