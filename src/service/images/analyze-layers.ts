import { limits } from '../../core/limits.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import type { LayerReadResult } from '../../image/layer/layer-walk.ts';
import { readLayers } from '../../image/layer/read-layer.ts';
import { type LayerStream, readLayerStream } from '../../image/layer/read-stream.ts';
import { WantedPaths } from '../../image/layer/wanted-paths.ts';
import type { LayerSource } from '../../image/posted/layer-source.ts';
import type { StreamLayers } from '../../image/streamed-layer.ts';
import { ImageSize } from '../../match/image-size.ts';
import { type LinkTarget, linkAliases } from '../../match/links.ts';
import type { ExtensionProblem, LayerFile, LayerIndex } from '../../model/layer-index.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { type Files, isPattern, type PathPattern, patternSet } from '../../plugin/layer-files.ts';
import { classifyEvidence } from './layer-evidence.ts';
import { type Listing, listPackages, mergeListings } from './list-packages.ts';

/** The extensions that look into layers. */
export type Analyzers = Pick<Extensions, 'detectors' | 'listers'>;

/** How layers are to be read. */
export interface AnalysisOptions {
  /** Read and hash also what could be seeked over. */
  readonly verify: boolean;
  /** Places besides the wanted ones that links lead to. */
  readonly links: readonly LinkTarget[];
  /** Bytes of wanted files that one layer may hold; as many as the limits allow where absent. */
  readonly keptBytesMax?: number;
}

/** Reads layers and lists what is in them, each in one pass. */
export type AnalyzeLayers = (
  layers: readonly ImageLayer[],
  options: AnalysisOptions,
) => Promise<readonly LayerIndex[]>;

/** Reads layers that lie elsewhere while their bytes come, and lists what is in them. */
export type AnalyzeStreamedLayers = (
  layers: readonly ImageLayer[],
  streamLayers: StreamLayers,
  options: AnalysisOptions,
) => Promise<readonly LayerIndex[]>;

/** Reads a layer that somebody posted, with an eye on further places, and hashes it: `diffId` is there. */
export type ReadLayerSource = (
  source: LayerSource,
  options: { readonly links: readonly LinkTarget[]; readonly signal: AbortSignal },
) => Promise<LayerIndex>;

/** Raised whenever the layer reader itself may tell something else of the same layer. */
const readerVersion = 7;

/**
 * Names the reader, detectors and listers with their versions, and the places that links lead to: an index made under another
 * key is not used again.
 */
export function analyzerKey({ detectors, listers }: Analyzers, links: readonly LinkTarget[] = []): string {
  const extensions = [{ name: 'reader', version: readerVersion }, ...detectors, ...listers];
  return [
    ...extensions.map(({ name, version }) => `${name}-${version}`),
    ...links.map(({ target, aliasOf, by }) => `${target}>${aliasOf}>${by}`),
  ].join(' ');
}

/** Reads the layers on this thread. */
export async function analyzeLayers(
  layers: readonly ImageLayer[],
  analyzers: Analyzers,
  { links, ...options }: AnalysisOptions,
): Promise<LayerIndex[]> {
  const size = new ImageSize();
  return await readLayers(layers, { ...options, wanted: wantedPaths(analyzers, links) }, (layer) =>
    thenMaybe(indexOf(layer, analyzers, links), (index) => {
      size.add(index);
      releaseLargeFiles(layer.collected.files);
      return index;
    }),
  );
}

/** Reads a layer on this thread while its bytes come. */
export async function analyzeStream(
  stream: LayerStream,
  analyzers: Analyzers,
  { links, ...options }: AnalysisOptions,
): Promise<LayerIndex> {
  const layer = await readLayerStream(stream, { ...options, wanted: wantedPaths(analyzers, links) });
  const index = await indexOf(layer, analyzers, links);
  releaseLargeFiles(layer.collected.files);
  return index;
}

const largeBytes = 1024 * 1024;

/** Gives the memory of large files back at once: what they hold is listed, and nobody knows when it would be collected. */
function releaseLargeFiles(files: Files): void {
  for (const { buffer, byteLength } of files.values())
    if (byteLength > largeBytes && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
      buffer.transfer(0);
}

function wantedPaths(analyzers: Analyzers, links: readonly LinkTarget[]): WantedPaths {
  const licenseFiles = analyzers.listers.flatMap((lister) =>
    'licenseFiles' in lister ? lister.licenseFiles : [],
  );
  const watched = links.flatMap(({ by, target }) => (by === 'watch' ? [target] : []));
  const targets = links.flatMap(({ by, target }) => (by === 'watch' ? [] : [target]));
  return new WantedPaths([...wantedPatterns(analyzers), ...targets], { licenseFiles, watched });
}

/** Every path some extension wants. Throws where it is of a kind that would find nothing: an empty list would look like an answer. */
export function wantedPatterns({ detectors, listers }: Analyzers): PathPattern[] {
  return [...detectors, ...listers].flatMap(({ name, wants }) => {
    const wrong = wants.find((pattern) => !isPattern(pattern));
    if (wrong !== undefined) throw new Error(`${name} wants "${wrong}", which is no pattern of paths`);
    return wants;
  });
}

function indexOf(
  { collected, digest, diffId, tarBytes, verified, readProgram }: LayerReadResult,
  { detectors, listers }: Analyzers,
  links: readonly LinkTarget[],
): LayerIndex | Promise<LayerIndex> {
  const wantedPathsOf = linkAliases(links);
  const release = selectReleaseFiles(
    collected.files,
    detectors.flatMap(({ wants }) => wants),
    wantedPathsOf,
  );
  const listings = listers.map((lister) => listPackages(lister, collected.files, wantedPathsOf));
  const remarks = collected.remarks.map((remark) => ({ extension: 'layer', ...remark }));
  const toIndex = (listing: Listing): LayerIndex => {
    const settled = classifyEvidence(collected.evidence, { owned: listing.owned, readProgram });
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
      evidence: settled.evidence,
      ...(collected.licenses.length > 0 && { licenses: collected.licenses }),
      problems: [...remarks, ...release.problems, ...listing.problems, ...settled.problems],
    };
  };
  return thenMaybe(mergeListings(listings), toIndex);
}

/** Goes on at once with what is there, and later with what has to be waited for: the next layer is read only then. */
function thenMaybe<T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<R> {
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
