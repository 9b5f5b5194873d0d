import type { LayerClaims } from '../../image/image-layer.ts';
import type { CheckpointPlan } from '../../image/layer/checkpoint/checkpoint-recorder.ts';
import { ExtractMissError } from '../../image/layer/extract-programs.ts';
import {
  missingRanges,
  plainClaims,
  type ReadExtractOptions,
  readExtract,
} from '../../image/layer/extract-reader.ts';
import { ExtractWriter } from '../../image/layer/extract-writer.ts';
import { type LayerStream, readLayerStream } from '../../image/layer/read-stream.ts';
import type { LayerRange } from '../../image/partial/range-plan.ts';
import type { StoredBytes } from '../../image/partial/stored-layer.ts';
import { bufferView } from '../../kit/bytes/bytes.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import {
  type AnalysisOptions,
  type Analyzers,
  layerIndexOf,
  readerVersion,
  readTargets,
} from './analyze-layers.ts';

/** An index, and the extract of the layer. Undefined if the extract is too large. */
export interface ExtractedIndex {
  readonly index: LayerIndex;
  readonly extract: Uint8Array | undefined;
}

/** Options for writing an extract. */
export interface ExtractingOptions extends AnalysisOptions {
  /** Maximum bytes of the extract. */
  readonly extractBytesMax: number;
  /** The plan of the limits by default. */
  readonly checkpointPlan?: CheckpointPlan;
}

/** Analyzes a layer while its bytes arrive, and makes an extract. */
export async function extractStream(
  stream: LayerStream,
  analyzers: Analyzers,
  { links, extractBytesMax, checkpointPlan, ...options }: ExtractingOptions,
): Promise<ExtractedIndex> {
  const recorder = new ExtractWriter({ bytesMax: extractBytesMax, readerVersion, checkpointPlan });
  const layer = await readLayerStream(stream, { ...options, ...readTargets(analyzers, links), recorder });
  const extract = recorder.finish(plainClaims(stream.claims), layer);
  return { index: await layerIndexOf(layer, analyzers, links), extract };
}

/** The result of an extract: the index of its layer, or the ranges of the layer as stored that complete it. */
export type ExtractResult = { readonly index: LayerIndex } | { readonly missing: readonly LayerRange[] };

/**
 * Analyzes the extract of a layer like the layer. Returns undefined if the layer must be read whole. Throws if the extract is damaged, and
 * what analyzing the layer throws.
 */
export async function analyzeExtract(
  extract: Uint8Array,
  claims: LayerClaims,
  analyzers: Analyzers,
  { links, ...options }: AnalysisOptions,
): Promise<ExtractResult | undefined> {
  const readOptions: ReadExtractOptions = { ...options, ...readTargets(analyzers, links), readerVersion };
  const bytes = bufferView(extract);
  const layer = unlessMissing(() => readExtract(bytes, claims, readOptions));
  if (layer !== undefined) return { index: await layerIndexOf(layer, analyzers, links) };
  const missing = unlessMissing(() => missingRanges(bytes, claims, readOptions));
  return missing && { missing };
}

/** An extract, and parts of its layer that complete it. */
export interface CompletedExtract {
  readonly extract: Uint8Array;
  readonly parts: readonly StoredBytes[];
}

/**
 * Analyzes an extract with parts of its layer like the layer, and makes a new extract. Throws if the parts are not those of the layer, or too
 * few, and as `analyzeExtract` does.
 */
export async function completeExtract(
  { extract, parts }: CompletedExtract,
  claims: LayerClaims,
  analyzers: Analyzers,
  { links, extractBytesMax, ...options }: ExtractingOptions,
): Promise<ExtractedIndex> {
  const recorder = new ExtractWriter({ bytesMax: extractBytesMax, readerVersion });
  const readOptions = { ...options, ...readTargets(analyzers, links), readerVersion };
  const layer = readExtract(bufferView(extract), claims, readOptions, { stored: parts, recorder });
  const completed = recorder.finish(plainClaims(claims), layer);
  return { index: await layerIndexOf(layer, analyzers, links), extract: completed };
}

/** Returns the result of work. Undefined if it throws `ExtractMissError`. */
function unlessMissing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExtractMissError) return undefined;
    throw error;
  }
}
