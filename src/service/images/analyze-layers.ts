import type { BringLayers } from '../../image/arriving.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import type { LayerSource } from '../../image/incoming/layer-source.ts';
import { readLayers } from '../../image/layer/read-layer.ts';
import { type LayerStream, readStream } from '../../image/layer/read-stream.ts';
import type { ReadLayer } from '../../image/layer/reading.ts';
import { WantedPaths } from '../../image/layer/wanted.ts';
import { limits } from '../../kit/limits.ts';
import { ImageSize } from '../../match/image-size.ts';
import { type LinkedPlace, standIns } from '../../match/links.ts';
import type { ExtensionProblem, LayerFile, LayerIndex } from '../../model/layer-index.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { type Files, isPattern, type PathPattern, patternSet } from '../../plugin/layer-files.ts';
import { settleEvidence } from './layer-evidence.ts';
import { type Listing, listPackages, mergeAll } from './list-packages.ts';

/** The extensions that look into layers. */
export type Analyzers = Pick<Extensions, 'detectors' | 'listers'>;

/** How layers are to be read. */
export interface AnalysisOptions {
  /** Read and hash also what could be seeked over. */
  readonly verify: boolean;
  /** Places besides the wanted ones that links lead to. */
  readonly links: readonly LinkedPlace[];
  /** Bytes of wanted files that one layer may hold; as many as the limits allow where absent. */
  readonly keptBytesMax?: number;
}

/** Reads layers and lists what is in them, each in one pass. */
export type AnalyzeLayers = (
  layers: readonly ImageLayer[],
  options: AnalysisOptions,
) => Promise<readonly LayerIndex[]>;

/** Reads layers that lie elsewhere while their bytes come, and lists what is in them. */
export type AnalyzeArriving = (
  layers: readonly ImageLayer[],
  bring: BringLayers,
  options: AnalysisOptions,
) => Promise<readonly LayerIndex[]>;

/** Reads a layer that somebody posted, with an eye on further places, and hashes it: `diffId` is there. */
export type ReadLayerSource = (
  source: LayerSource,
  options: { readonly links: readonly LinkedPlace[]; readonly signal: AbortSignal },
) => Promise<LayerIndex>;

/** Raised whenever the layer reader itself may tell something else of the same layer. */
const readerVersion = 7;

/**
 * Names the reader, detectors and listers with their versions, and the places that links lead to: an index made under another
 * key is not used again.
 */
export function analyzerKey({ detectors, listers }: Analyzers, links: readonly LinkedPlace[] = []): string {
  const extensions = [{ name: 'reader', version: readerVersion }, ...detectors, ...listers];
  return [
    ...extensions.map(({ name, version }) => `${name}-${version}`),
    ...links.map(({ place, standsFor, by }) => `${place}>${standsFor}>${by}`),
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
    then(indexOf(layer, analyzers, links), (index) => {
      size.add(index);
      release(layer.collected.files);
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
  const layer = await readStream(stream, { ...options, wanted: wantedPaths(analyzers, links) });
  const index = await indexOf(layer, analyzers, links);
  release(layer.collected.files);
  return index;
}

const largeBytes = 1024 * 1024;

/** Gives the memory of large files back at once: what they hold is listed, and nobody knows when it would be collected. */
function release(files: Files): void {
  for (const { buffer, byteLength } of files.values())
    if (byteLength > largeBytes && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
      buffer.transfer(0);
}

function wantedPaths(analyzers: Analyzers, links: readonly LinkedPlace[]): WantedPaths {
  const licenseFiles = analyzers.listers.flatMap((lister) =>
    'licenseFiles' in lister ? lister.licenseFiles : [],
  );
  const watched = links.flatMap(({ by, place }) => (by === 'watch' ? [place] : []));
  const places = links.flatMap(({ by, place }) => (by === 'watch' ? [] : [place]));
  return new WantedPaths([...wantedPatterns(analyzers), ...places], { licenseFiles, watched });
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
  { collected, digest, diffId, tarBytes, verified, readProgram }: ReadLayer,
  { detectors, listers }: Analyzers,
  links: readonly LinkedPlace[],
): LayerIndex | Promise<LayerIndex> {
  const wantedPathsOf = standIns(links);
  const release = keepReleaseFiles(
    collected.files,
    detectors.flatMap(({ wants }) => wants),
    wantedPathsOf,
  );
  const listings = listers.map((lister) => listPackages(lister, collected.files, wantedPathsOf));
  const remarks = collected.remarks.map((remark) => ({ extension: 'layer', ...remark }));
  const told = (listing: Listing): LayerIndex => {
    const settled = settleEvidence(collected.evidence, { owned: listing.owned, readProgram });
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
  return then(mergeAll(listings), told);
}

/** Goes on at once with what is there, and later with what has to be waited for: the next layer is read only then. */
function then<T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function keepReleaseFiles(
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
