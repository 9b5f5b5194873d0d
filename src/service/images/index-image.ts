import { ClairError, messageOf } from '../../core/errors.ts';
import { documentNames, type Image } from '../../image/image.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import { nameOfLayer } from '../../image/layer/layer-name.ts';
import { elementAt } from '../../kit/collections.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { dependenciesOf } from '../../match/dependencies.ts';
import { type ExcludedFile, withoutExcluded } from '../../match/exclude.ts';
import { type StatedLicenses, statedLicenses } from '../../match/licenses.ts';
import { npmDependenciesOf } from '../../match/npm-dependencies.ts';
import { locatedPackage, pathOfPackage } from '../../match/package-files.ts';
import type { SquashedImage, SquashedPackage, SquashedProblem } from '../../match/squash.ts';
import type { Digest } from '../../model/digest.ts';
import type { Distro } from '../../model/distro.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { ecosystemOfType } from '../../model/namespace.ts';
import { comparePackages, compareText } from '../../model/order.ts';
import type { ListedPackage, PackageLocation } from '../../model/package.ts';
import { overrideDistro } from '../../model/parse-distro.ts';
import type { ReportLayer } from '../../model/report.ts';
import { licenseOf } from '../../model/spdx-license.ts';
import { supplierOf } from '../../model/supplier.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { ImageIndex, ImagePackage } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import { type DeclaredUse, declaredKey, withoutInstalledDeclared } from './declared-packages.ts';
import { DistributionFiles } from './distribution-files.ts';
import { statusesOf, unreadPartsOf } from './extension-status.ts';
import {
  type DescribedImage,
  type DescriptionDeps,
  describeImage,
  descriptionKey,
  type LayerFacts,
  restoreDescribed,
} from './image-description.ts';
import type { ImageScope, IndexedImage } from './indexed-image.ts';
import type { LayerAnalyzer } from './layer-analyzer.ts';
import { ListedPurls } from './listed-purls.ts';
import { claimedNamespacesOf, namespacesOf, PackageLookups } from './package-lookup.ts';
import { PartialReading } from './partial-reading.ts';
import { type IndexedLayer, type LayerStack, ReadPasses } from './read-passes.ts';
import {
  findStoredIndexes,
  type IndexedImageLayer,
  type StoredIndexesDeps,
  storeIndexes,
} from './stored-indexes.ts';

/**
 * Version of the index. Raised whenever the same layers or inventory may give other namespaces, purls or version keys, or if
 * packages are stored with more of their values; images are then saved again.
 */
export const indexVersion = 11;

/** Dependencies and options of `indexImage`. */
export interface IndexImageDeps extends StoredIndexesDeps, ImageScope {
  readonly extensions: Extensions;
  readonly store: Pick<Store, 'layers' | 'images'>;
  readonly analyzer: Pick<LayerAnalyzer, 'analyze'>;
  /** Whether layers of a registry are read by their tables of contents. */
  readonly isPartial?: boolean;
  /** Use of lock files and manifests. Absent if the listers that read them are not among the extensions. */
  readonly declared?: DeclaredUse | undefined;
  /** Absent if images are not described in the store. */
  readonly descriptions?: DescriptionDeps | undefined;
  readonly onProgress: (text: string) => void;
}

/**
 * Returns an image by its description in the store. Without one, it reads the layers without a stored index for these extensions, squashes
 * all layers, and saves the packages. An image that needed no reading is then described: it will probably be scanned again.
 */
export async function indexImage(image: Image, deps: IndexImageDeps): Promise<IndexedImage> {
  const key = deps.descriptions && descriptionKey(image.layers, deps, deps.descriptions.build);
  const described = await findDescribed(key, image, deps);
  if (described !== undefined) return described;
  let isRead = false;
  const { streamLayers, openInParts } = image;
  const passes = new ReadPasses(deps.extensions);
  const partial = new PartialReading(deps.isPartial === true ? image.findTable : undefined, deps);
  let read: LayerStack<IndexedImageLayer> | undefined;
  while (read === undefined) {
    const { key: passKey, links } = passes.current;
    const stored = await findStoredIndexes(image.layers, passKey, deps);
    const { length: count } = stored.unread;
    if (count > 0) deps.onProgress(`reading ${count} of ${image.layers.length} layers`);
    isRead ||= count > 0;
    const options = { verify: deps.verify, links, streamLayers, openInParts };
    const split = await partial.analyze(stored, options);
    const indexes = await deps.analyzer.analyze(split.unread, options);
    read = passes.squash(await storeIndexes(split, indexes, deps.store));
  }
  const tables = partial.useIn(read.layers);
  const { index, image: unsaved } = await imageOf(read, deps);
  const layers = read.layers.map((layer) => layerFacts(layer.index));
  // Frees what the layers hold: to save the packages takes memory, too.
  read = undefined;
  const indexed = { id: await deps.store.images.save(index), ...unsaved, ...(tables && { tables }) };
  if (isRead || tables !== undefined) return indexed;
  return await withDescription(key, { image: indexed, layers }, deps);
}

async function findDescribed(
  key: string | undefined,
  { layers }: Image,
  { store, extensions }: IndexImageDeps,
): Promise<IndexedImage | undefined> {
  const stored = key === undefined ? undefined : await store.images.findDescription(key);
  if (stored === undefined) return undefined;
  const { image, layers: facts } = restoreDescribed(stored, extensions);
  return { ...image, layers: facts.map((fact, i) => toReportLayer(elementAt(layers, i), fact)) };
}

/** Describes an image in the store, if it has a key. */
async function withDescription(
  key: string | undefined,
  described: DescribedImage,
  { store, descriptions, extensions }: IndexImageDeps,
): Promise<IndexedImage> {
  if (key === undefined || descriptions === undefined) return described.image;
  const isDescribed = await describeImage(key, described, { store, descriptions, extensions });
  return { ...described.image, isDescribed };
}

function layerFacts({ digest, diffId, tarBytes, verified }: LayerIndex): LayerFacts {
  return {
    verified,
    ...(digest !== undefined && { digest }),
    ...(diffId !== undefined && { diffId }),
    ...(tarBytes !== undefined && { tarBytes }),
  };
}

/** An image before it is saved. */
interface UnsavedImage {
  readonly index: ImageIndex;
  readonly image: Omit<IndexedImage, 'id'>;
}

/** Returns the index and the description of an image that was read. */
async function imageOf(read: LayerStack<IndexedImageLayer>, deps: IndexImageDeps): Promise<UnsavedImage> {
  const { layers } = read;
  for (const layer of layers) assertNoImageDocuments(layer);
  const { squashed: included, excluded } = withoutExcluded(read.squashed, deps.exclude ?? []);
  const { isSourceTree = false, isRequested = false } = deps.declared ?? {};
  const squashed = isSourceTree && !isRequested ? withoutInstalledDeclared(included) : included;
  const stack = { ...read, squashed, key: `${read.key}${scopeKey(deps)}${declaredKey(deps.declared)}` };
  const { image: index, problems } = await buildImageIndex(stack, deps.extensions, deps.distro);
  const { distro, packages } = index;
  const squashResult = {
    packages: squashed.packages,
    problems: [...problems, ...excluded.map(exclusionProblem)],
  };
  return {
    index,
    image: {
      distro,
      layers: layers.map(({ layer, index: layerIndex }) => toReportLayer(layer, layerIndex)),
      packages,
      namespaces: namespacesOf(distro, packages, deps.extensions),
      claimedNamespaces: claimedNamespacesOf(packages),
      evidence: squashed.evidence,
      statuses: statusesOf(squashResult, deps.extensions, layers.map(diffIdOf)),
      excluded,
      ...(isSourceTree && { isSourceTree }),
    },
  };
}

/** Rejects an archive that was guessed to be a root file system but has a document of an image. Runtimes would load it as an image. */
function assertNoImageDocuments({ layer, index }: IndexedImageLayer): void {
  const found = layer.isGuessed && index.nodes.find(({ path }) => documentNames.includes(path));
  if (!found) return;
  throw new ClairError(
    'target-corrupt',
    `${nameOfLayer(layer)} has ${found.path} like an image, but also directories of a root file system; put rootfs-tar: before its name if it is one`,
  );
}

function exclusionProblem({ pattern, ...file }: ExcludedFile): SquashedProblem {
  return { ...file, message: `not scanned because of --exclude ${pattern}` };
}

/** Layers and the image that results from them, from which `buildImageIndex` makes an index. */
export interface SquashedLayers {
  readonly layers: readonly (IndexedLayer & Partial<Pick<IndexedImageLayer, 'layer'>>)[];
  readonly squashed: SquashedImage;
  /** Analyzer key of all layers. */
  readonly key: string;
}

/** Returns the index of squashed layers, and the problems of reading them. `distroOverride` replaces the detected distribution. */
export async function buildImageIndex(
  { layers, squashed, key }: SquashedLayers,
  extensions: IndexExtensions,
  distroOverride?: Distro,
): Promise<{ readonly image: ImageIndex; readonly problems: readonly SquashedProblem[] }> {
  const detected = await detect(squashed, extensions);
  const { distro, detector, problems }: Detection =
    distroOverride === undefined
      ? detected
      : { distro: overrideDistro(distroOverride, detected.distro), problems: [] };
  const diffIds = layers.map(diffIdOf);
  const identities = layers.map(({ identity }) => identity);
  const licenses = statedLicenses(layers.map(({ index }) => index));
  const distributionFiles = new DistributionFiles({
    distro,
    packages: squashed.packages.flatMap((item) => (item.locations === undefined ? [item.package] : [])),
    ownerOf: (path) => squashed.owners.get(path)?.name,
  });
  const context: ImageContext = {
    diffIds,
    squashed,
    licenses,
    distributionFiles,
    positions: new Map(diffIds.map((diffId) => [diffId, diffIds.indexOf(diffId)])),
    lookups: new PackageLookups(distro, extensions),
    purls: new ListedPurls(distro, extensions),
  };
  const packages = squashed.packages.map((item) => toImagePackage(item, context));
  const allProblems = [...squashed.problems, ...problems];
  const image: ImageIndex = {
    identity: imageIndexIdentity([`index-${indexVersion} ${key}`, ...identities]),
    layers: identities,
    distro,
    ...(detector !== undefined && { detector }),
    packages: withDependencies(squashed, packages).sort(comparePackages),
    ...unreadPartsOf(allProblems),
  };
  return { image, problems: allProblems };
}

type IndexExtensions = Pick<Extensions, 'detectors' | 'listers' | 'schemes'>;

function diffIdOf({ layer, index }: SquashedLayers['layers'][number]): Digest | null {
  return layer?.diffId ?? index.diffId ?? null;
}

interface Detection {
  readonly distro: Distro | null;
  readonly detector?: string;
  /** Problems of detectors that failed before one succeeded. Each might have detected another distribution. */
  readonly problems: readonly SquashedProblem[];
}

/** Returns the distribution of the first detector that recognizes one. */
async function detect({ files }: SquashedImage, { detectors }: IndexExtensions): Promise<Detection> {
  const problems: SquashedProblem[] = [];
  for (const detector of detectors) {
    try {
      const distro =
        'detectRemotely' in detector ? await detector.detectRemotely(files) : detector.detect(files);
      if (distro !== undefined) return { distro, detector: detector.name, problems };
    } catch (error) {
      const [path = ''] = detector.wants;
      const message = `the detector failed: ${messageOf(error)}`;
      problems.push({ extension: detector.name, path, message, layer: 0 });
    }
  }
  return { distro: null, problems };
}

interface ImageContext {
  readonly squashed: SquashedImage;
  readonly diffIds: readonly (Digest | null)[];
  /** The first position of each layer. */
  readonly positions: ReadonlyMap<Digest | null, number>;
  readonly lookups: PackageLookups;
  readonly purls: ListedPurls;
  readonly licenses: StatedLicenses;
  readonly distributionFiles: DistributionFiles;
}

function toImagePackage(listedItem: SquashedPackage, context: ImageContext): ImagePackage {
  const { diffIds, squashed, licenses, distributionFiles } = context;
  const item = withOwnLocation(listedItem, distributionFiles);
  const { requires, provides, archivePath, codePaths, ...listed } = item.package;
  const owner = squashed.owners.get(item.path)?.name;
  const locations = packageLocations(item, squashed, diffIds);
  const found = {
    ...listed,
    ...attributionOf(listed, licenses),
    ...supplierField(listed),
    purl: context.purls.purlOf(item.lister, listed),
    location: { path: pathOfPackage(item.path, item.package), layer: diffIds[item.layer] ?? null },
    foundBy: item.lister,
    ...(item.repositories.length > 0 && { repositories: item.repositories }),
    ...(owner !== undefined && { owner }),
    ...(locations !== undefined && { locations }),
  };
  const isRepeated = context.positions.get(found.location.layer) !== item.layer;
  const isLeft = item.locations !== undefined && distributionFiles.has(item.path);
  return {
    ...found,
    lookup: isLeft ? null : context.lookups.find(found),
    ...(found.location.layer !== null && isRepeated && { layerPosition: item.layer }),
  };
}

/** Returns a package with the strongest location that no package of the distribution owns, if there is one. */
function withOwnLocation(item: SquashedPackage, distributionFiles: DistributionFiles): SquashedPackage {
  const { locations = [] } = item;
  if (locations.length < 2) return item;
  const own = locations.filter(({ path }) => !distributionFiles.has(path));
  if (own.length === 0 || own.length === locations.length) return item;
  const { path, layer, package: found } = locatedPackage(item.lister, own);
  return { ...item, path, layer, package: found };
}

/** Returns the locations of a package that has several. */
function packageLocations(
  { locations = [] }: SquashedPackage,
  { owners }: Pick<SquashedImage, 'owners'>,
  diffIds: ImageContext['diffIds'],
): PackageLocation[] | undefined {
  if (locations.length < 2) return undefined;
  return locations.map(({ path, layer, package: listed }) => {
    const { evidence, parent } = listed;
    const owner = owners.get(path)?.name;
    return {
      path: pathOfPackage(path, listed),
      layer: diffIds[layer] ?? null,
      ...(evidence !== undefined && { evidence }),
      ...(parent !== undefined && { parent }),
      ...(owner !== undefined && { owner }),
    };
  });
}

/** Returns the supplier that has patched a language package and published it. */
function supplierField(listed: ListedPackage): Pick<ListedPackage, 'supplier'> {
  const supplied = ecosystemOfType(listed.type) === undefined ? undefined : supplierOf(listed);
  return supplied === undefined ? {} : { supplier: supplied.title };
}

/** Returns the supplier and licenses of a package, as far as they are known. */
function attributionOf(
  { type, name, vendor, supplier = vendor, licence, licenses }: Omit<ListedPackage, 'requires' | 'provides'>,
  statedFor: StatedLicenses,
): Pick<ListedPackage, 'supplier' | 'licenses'> {
  const tag = licenseOf(licence ?? '');
  const licenseIds = licenses ?? statedFor(type, name) ?? (tag === undefined ? undefined : [tag]);
  return { ...(supplier && { supplier }), ...(licenseIds !== undefined && { licenses: licenseIds }) };
}

/** Returns the packages of an image, each with the purls of its dependencies. */
function withDependencies(
  { packages: squashed, npmLinks }: SquashedImage,
  packages: readonly ImagePackage[],
): ImagePackage[] {
  const named = dependenciesOf(squashed.map((item) => item.package));
  const located = npmDependenciesOf(squashed, npmLinks);
  return packages.map((found, i) => {
    const required = (located[i] ?? named[i])?.flatMap((index) => packages[index]?.purl ?? []);
    return required === undefined ? found : { ...found, dependsOn: [...new Set(required)].sort(compareText) };
  });
}

function toReportLayer(layer: ImageLayer, index: LayerFacts): ReportLayer {
  return {
    digest: layer.digest ?? index.digest ?? null,
    diffId: layer.diffId ?? index.diffId ?? null,
    sizeBytes: layer.sizeBytes || (index.tarBytes ?? 0),
    createdBy: layer.createdBy ?? null,
    verified: index.verified,
  };
}

/** Maximum characters of an identity that is not hashed. An index entry of this length fits into every database engine. */
const identityCharacters = 1000;

/** Returns the identity of an image in the store, made from its parts. */
export function imageIndexIdentity(parts: readonly string[]): string {
  const text = parts.join('\n');
  return text.length <= identityCharacters ? text : `sha256:${sha256Of(text)}`;
}

/** Returns a key for a scope, because packages of an image differ between scopes. Empty without options. */
export function scopeKey({ distro, exclude = [] }: ImageScope): string {
  if (distro === undefined && exclude.length === 0) return '';
  return ` scope ${JSON.stringify([distro?.prettyName ?? null, [...new Set(exclude)].sort()])}`;
}
