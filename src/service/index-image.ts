import { createHash } from 'node:crypto';
import type { Image } from '../image/image.ts';
import type { ImageLayer } from '../image/image-layer.ts';
import type { SquashedImage, SquashedPackage } from '../match/squash.ts';
import type { Digest } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { Namespace } from '../model/namespace.ts';
import { comparePackages, compareText } from '../model/order.ts';
import { purlOf } from '../model/purl.ts';
import type { ExtensionStatus, ReportLayer } from '../model/report.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { ImageIndex, ImagePackage, Store } from '../store/store.ts';
import { ecosystemOf, namespacesOf, withLookup } from './look-up.ts';
import { type KnownLayer, type ReadingRoom, readImage } from './read-image.ts';
import type { IndexedLayer } from './read-rounds.ts';

/** Raised whenever the same layers or inventory may give other namespaces, purls or version keys: images are then saved anew. */
export const indexVersion = 3;

/** What indexing needs. */
export interface IndexingRoom extends ReadingRoom {
  readonly extensions: Extensions;
  readonly store: Pick<Store, 'layers' | 'images'>;
}

/** An image whose packages are known and stored. */
export interface IndexedImage {
  /** Its number in the store. */
  readonly id: number;
  readonly distro: Distro | null;
  readonly layers: readonly ReportLayer[];
  readonly packages: readonly ImagePackage[];
  /** Of its packages, by their own names. */
  readonly namespaces: readonly Namespace[];
  readonly statuses: readonly ExtensionStatus[];
}

/** Reads the layers nobody has read yet under these extensions, lays them over each other, and saves what is installed. */
export async function indexImage(image: Image, room: IndexingRoom): Promise<IndexedImage> {
  const read = await readImage(image, room);
  const { layers, squashed } = read;
  const index = await imageOf(read, room.extensions);
  const { distro, packages } = index;
  return {
    id: await room.store.images.save(index),
    distro,
    layers: layers.map(({ layer, index: known }) => toReportLayer(layer, known)),
    packages,
    namespaces: namespacesOf(distro, packages, room.extensions),
    statuses: statusesOf(squashed, room.extensions, layers.map(diffIdOf)),
  };
}

/** Layers that were laid over each other. */
export interface LaidLayers {
  readonly layers: readonly (IndexedLayer & Partial<Pick<KnownLayer, 'layer'>>)[];
  readonly squashed: SquashedImage;
  /** The analyzer key of all layers. */
  readonly key: string;
}

/** What a container of the layers would have installed, ready to be saved. */
export async function imageOf(
  { layers, squashed, key }: LaidLayers,
  extensions: Analyzing,
): Promise<ImageIndex> {
  const detected = await detect(squashed, extensions);
  const distro = detected?.distro ?? null;
  const diffIds = layers.map(diffIdOf);
  const identities = layers.map(({ identity }) => identity);
  return {
    identity: identityOf([`index-${indexVersion} ${key}`, ...identities]),
    layers: identities,
    distro,
    ...(detected && { detector: detected.detector }),
    packages: squashed.packages
      .map((item) => toImagePackage(item, { distro, diffIds, squashed, extensions }))
      .sort(comparePackages),
  };
}

type Analyzing = Pick<Extensions, 'detectors' | 'listers' | 'schemes'>;

function diffIdOf({ layer, index }: LaidLayers['layers'][number]): Digest | null {
  return layer?.diffId ?? index.diffId ?? null;
}

/** The first detector that knows decides. One that fails knows nothing. */
async function detect(
  { files }: SquashedImage,
  { detectors }: Analyzing,
): Promise<{ readonly distro: Distro; readonly detector: string } | undefined> {
  for (const detector of detectors) {
    const distro =
      'detectRemotely' in detector
        ? await detector.detectRemotely(files).catch(() => undefined)
        : detector.detect(files);
    if (distro !== undefined) return { distro, detector: detector.name };
  }
  return undefined;
}

interface Surroundings {
  readonly squashed: SquashedImage;
  readonly distro: Distro | null;
  readonly diffIds: readonly (Digest | null)[];
  readonly extensions: Analyzing;
}

function toImagePackage(
  item: SquashedPackage,
  { distro, diffIds, squashed, extensions }: Surroundings,
): ImagePackage {
  const listed = item.package;
  const owner = squashed.owners.get(item.path);
  const found = {
    ...listed,
    purl: purlOf(listed, ecosystemOf(item.lister, extensions) === undefined ? distro : null),
    location: { path: item.path, layer: diffIds[item.layer] ?? null },
    foundBy: item.lister,
    ...(item.repositories.length > 0 && { repositories: item.repositories }),
    ...(owner !== undefined && { owner }),
  };
  return withLookup(found, distro, extensions);
}

function toReportLayer(layer: ImageLayer, index: LayerIndex): ReportLayer {
  return {
    digest: layer.digest ?? index.digest ?? null,
    diffId: layer.diffId ?? index.diffId ?? null,
    sizeBytes: layer.sizeBytes || (index.tarBytes ?? 0),
    createdBy: layer.createdBy ?? null,
    verified: index.verified,
  };
}

function statusesOf(
  squashed: SquashedImage,
  extensions: Extensions,
  diffIds: readonly (Digest | null)[],
): ExtensionStatus[] {
  const read = filesRead(squashed).map((file) => ({ ...file, problem: null }));
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

/** The files that packages were listed from, each once. */
function filesRead({ packages }: SquashedImage): { extension: string; path: string; layer: number }[] {
  const files = new Map<string, { extension: string; path: string; layer: number }>();
  for (const { lister, path, layer } of packages)
    files.set(`${lister}\n${path}`, { extension: lister, path, layer });
  return [...files.values()];
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

/** What names an image in the store by what it is made of. */
export function identityOf(parts: readonly string[]): string {
  const text = parts.join('\n');
  return text.length <= identityCharacters ? text : `sha256:${hashOf(text)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
