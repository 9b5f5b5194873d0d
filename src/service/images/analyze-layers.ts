import { limits } from '../../core/limits.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import type { LayerReadResult, LayerSplit, ReadOptions } from '../../image/layer/layer-walk.ts';
import type { CollectedPackageFiles } from '../../image/layer/package-file-collector.ts';
import { readArchiveMembers } from '../../image/layer/read-archive.ts';
import { readLayer } from '../../image/layer/read-layer.ts';
import { type LayerStream, readLayerStream } from '../../image/layer/read-stream.ts';
import { WantedPaths } from '../../image/layer/wanted-paths.ts';
import type { LayerSource } from '../../image/posted/layer-source.ts';
import type { StartHash } from '../../kit/decompress/split/shared-hash.ts';
import { ImageSize } from '../../match/image-size.ts';
import { type LinkTarget, linkAliases } from '../../match/links.ts';
import type { CodeDirectory, ExtensionProblem, LayerFile, LayerIndex } from '../../model/layer-index.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { type Files, isPattern, type PathPattern, patternSet } from '../../plugin/layer-files.ts';
import { type ClassifiedEvidence, classifyEvidence, ignoreMisnamed } from './layer-evidence.ts';
import {
  groupPackageFiles,
  ListedSize,
  type Listing,
  listersOfPackageFiles,
  listingOfFiles,
  listPackages,
  mergeListings,
} from './list-packages.ts';
import { immediateListing, listPrograms } from './list-programs.ts';

/** Extensions that analyze layers. */
export interface Analyzers extends Pick<Extensions, 'detectors' | 'listers'> {
  /** Called for layers that take long enough to prepare for them: before they are read if they are known to be large, otherwise meanwhile. */
  readonly onManyBytes?: () => void;
  /** Called when a layer lists more than most do, or has more entries of interest, so that its garbage matters. */
  readonly onManyListed?: () => void;
}

/** Options for reading layers. */
export interface AnalysisOptions {
  /** Also read and hash bytes that a seek could skip. */
  readonly verify: boolean;
  /** Targets of links, which are read besides the wanted paths. */
  readonly links: readonly LinkTarget[];
  /** Maximum bytes of wanted files in one layer. The limits apply if absent. */
  readonly keptBytesMax?: number;
  /** Divides large layers. Cannot be sent to a worker thread. */
  readonly split?: LayerSplit;
  /** Hashes uncompressed bytes on another thread. Cannot be sent to a worker thread. */
  readonly startHash?: StartHash;
}

/** Reads a posted layer, including link targets, and hashes it: `diffId` is set. */
export type ReadLayerSource = (
  source: LayerSource,
  options: { readonly links: readonly LinkTarget[]; readonly signal: AbortSignal },
) => Promise<LayerIndex>;

/**
 * Version of the layer reader. Raised whenever the reader may return another index for the same layer. If an analyzer is removed, raised by
 * more than its version, because the sum of all versions orders the revisions of the program.
 */
export const readerVersion = 16;

/** Returns a number that rises with each version of the reader and of the analyzers of the program, those of plugins excluded. */
export function analyzerRevision({ detectors, listers }: Analyzers): number {
  const builtIn = [
    ...detectors.filter((detector) => !('detectRemotely' in detector)),
    ...listers.filter((lister) => !('listRemotely' in lister)),
  ];
  return builtIn.reduce((sum, { version }) => sum + version, readerVersion);
}

/**
 * Returns a key from the versions of the reader, the detectors and the listers, and from the link targets. An index with another key is not
 * reused.
 */
export function analyzerKey({ detectors, listers }: Analyzers, links: readonly LinkTarget[] = []): string {
  const extensions = [{ name: 'reader', version: readerVersion }, ...detectors, ...listers];
  return [
    ...extensions.map(({ name, version }) => `${name}-${version}`),
    ...links.map(({ target, aliasOf, by }) => `${target}>${aliasOf}>${by}`),
  ].join(' ');
}

/**
 * Reads and analyzes layers on this thread, in their order. The wanted files of a layer are freed before the next one is read. Layers of
 * one compressed archive are read in one pass, before the others.
 */
export async function analyzeLayers(
  layers: readonly ImageLayer[],
  analyzers: Analyzers,
  { links, ...options }: AnalysisOptions,
): Promise<LayerIndex[]> {
  const size = new ImageSize();
  const readOptions = { ...options, ...readTargets(analyzers, links) };
  const ofArchives = await readArchiveMembers(layers, readOptions, (read) =>
    thenMaybe(layerIndexOf(read, analyzers, links), (index) => {
      size.add(index);
      return index;
    }),
  );
  const indexes: LayerIndex[] = [];
  for (const layer of layers) {
    const member = ofArchives.get(layer);
    const index =
      member?.result ?? (await layerIndexOf(await readLayer(layer, readOptions), analyzers, links));
    if (member === undefined) size.add(index);
    indexes.push(index);
  }
  return indexes;
}

/** Analyzes a layer on this thread while its bytes arrive. */
export async function analyzeStream(
  stream: LayerStream,
  analyzers: Analyzers,
  { links, ...options }: AnalysisOptions,
): Promise<LayerIndex> {
  const layer = await readLayerStream(stream, { ...options, ...readTargets(analyzers, links) });
  return await layerIndexOf(layer, analyzers, links);
}

const largeBytes = 1024 * 1024;

/** More entries of interest than a layer of a distribution has. Links among them may be resolved for hundreds of megabytes of garbage. */
const manyNodes = 10_000;

/** Frees the memory of large files at once. They have been listed, and the garbage collector could free them much later. */
function releaseLargeFiles(files: Files): void {
  for (const { buffer, byteLength } of files.values())
    if (byteLength > largeBytes && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
      buffer.transfer(0);
}

/** Returns the paths to read, and the listing of large files. */
export function readTargets(
  analyzers: Analyzers,
  links: readonly LinkTarget[],
): Pick<ReadOptions, 'wanted' | 'listNow' | 'onManyBytes'> {
  return {
    wanted: wantedPaths(analyzers, links),
    onManyBytes: analyzers.onManyBytes,
    listNow: () => immediateListing(analyzers.listers, analyzers.onManyListed),
  };
}

function wantedPaths(analyzers: Analyzers, links: readonly LinkTarget[]): WantedPaths {
  const licenseFiles = analyzers.listers.flatMap((lister) =>
    'licenseFiles' in lister ? lister.licenseFiles : [],
  );
  const watched = links.flatMap(({ by, target }) => (by === 'watch' ? [target] : []));
  const targets = links.flatMap(({ by, target }) => (by === 'watch' ? [] : [target]));
  return new WantedPaths([...wantedPatterns(analyzers), ...targets], { licenseFiles, watched });
}

/** Returns the patterns that the extensions want, those at any depth included. Throws for an invalid pattern, which would match nothing without notice. */
export function wantedPatterns({ detectors, listers }: Analyzers): PathPattern[] {
  return [...detectors, ...listers].flatMap(({ name, wants }) => {
    const wrong = wants.find((pattern) => !isPattern(pattern));
    if (wrong !== undefined) throw new Error(`${name} wants "${wrong}", which is not a valid path pattern`);
    return wants;
  });
}

/** Returns the index of a layer, and frees its large files. */
export function layerIndexOf(
  { collected, digest, diffId, tarBytes, verified, readProgram }: LayerReadResult,
  { detectors, listers, onManyListed }: Analyzers,
  links: readonly LinkTarget[],
): LayerIndex | Promise<LayerIndex> {
  const wantedPathsOf = linkAliases(links);
  const release = selectReleaseFiles(
    collected.files,
    detectors.flatMap(({ wants }) => wants),
    wantedPathsOf,
  );
  if (collected.nodes.length > manyNodes) onManyListed?.();
  const size = new ListedSize(onManyListed);
  const packageFiles = groupPackageFiles(listers, collected.packageFiles.files);
  const listings: ReturnType<typeof listPackages>[] = [];
  for (const lister of listers) {
    const own = packageFiles.get(lister);
    const listingOptions = { wantedPathsOf, size, ...(own && { packageFiles: own }) };
    listings.push(listPackages(lister, collected.files, listingOptions));
  }
  listings.push(listingOfFiles(collected.packageFiles.listed, size));
  const remarks = collected.remarks.map((remark) => ({ extension: 'layer', ...remark }));
  const withPrograms = (listing: Listing): LayerIndex | Promise<LayerIndex> => {
    releaseLargeFiles(collected.files);
    const { owned, packages } = listing;
    const settled = classifyEvidence(collected.evidence, { owned, packages, readProgram });
    const programs = listPrograms(collected.evidence.programs.listed, listers, size);
    return thenMaybe(mergeListings([ignoreMisnamed(listing, settled.evidence), ...programs]), (merged) =>
      toIndex(merged, settled),
    );
  };
  const toIndex = (
    { packageFiles: listed, ...listing }: Listing,
    settled: ClassifiedEvidence,
  ): LayerIndex => {
    return {
      ...(digest && { digest }),
      ...(diffId && { diffId }),
      ...(tarBytes !== undefined && { tarBytes }),
      verified,
      whiteouts: collected.whiteouts,
      opaques: collected.opaques,
      nodes: collected.nodes,
      contents: release.contents,
      ...listing,
      ...codeField(collected.code),
      ...packageFilesField(listed, collected.packageFiles, listers),
      evidence: settled.evidence,
      ...(collected.licenses.length > 0 && { licenses: collected.licenses }),
      problems: [...remarks, ...release.problems, ...listing.problems, ...settled.problems],
    };
  };
  return thenMaybe(mergeListings(listings), withPrograms);
}

function codeField(code: readonly CodeDirectory[] | undefined): Pick<LayerIndex, 'code'> {
  if (code === undefined) return { code: 'unknown' };
  return code.length === 0 ? {} : { code };
}

/** Returns the index of the files at any depth. Problems of files that were not read name the listers that want them. */
function packageFilesField(
  { packages, problems, withoutPackage }: Listing['packageFiles'],
  { files, listed: listedNow, unread, others }: CollectedPackageFiles,
  listers: Analyzers['listers'],
): Pick<LayerIndex, 'packageFiles'> {
  if (
    files.size + listedNow.size + others.size + packages.length + problems.length + withoutPackage.length ===
    0
  )
    return {};
  const listed = new Set(packages.map(({ path }) => path));
  const wanting = listersOfPackageFiles(listers);
  const ofUnread = [...unread].flatMap(([path, message]) =>
    wanting.all(path).map(({ name }) => ({ extension: name, path, message })),
  );
  return {
    packageFiles: {
      packages,
      problems: [...problems, ...ofUnread],
      withoutPackage,
      others: [...[...files.keys(), ...listedNow.keys()].filter((path) => !listed.has(path)), ...others],
    },
  };
}

/** Calls `next` synchronously if possible. A caller then reads the next layer only after a promise has settled. */
function thenMaybe<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function selectReleaseFiles(
  files: Files,
  patterns: readonly PathPattern[],
  wantedPathsOf: (path: string) => readonly string[],
): { contents: LayerFile[]; problems: ExtensionProblem[] } {
  const isWanted = patternSet(patterns);
  const contents: LayerFile[] = [];
  const problems: ExtensionProblem[] = [];
  for (const [path, content] of files) {
    if (![path, ...wantedPathsOf(path)].some((wanted) => isWanted.find(wanted) !== undefined)) continue;
    if (content.length <= limits.releaseFileBytes) contents.push({ path, content });
    else
      problems.push({
        extension: 'namespace',
        path,
        message: `${content.length} bytes, too many for a release file`,
      });
  }
  return { contents, problems };
}
