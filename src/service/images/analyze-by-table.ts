import {
  filesWantedByPath,
  isAssumedProgram,
  mayHoldProgram,
  readByTable,
} from '../../image/layer/read-by-table.ts';
import type { TableFile } from '../../image/partial/layer-table.ts';
import type { PartialLayer } from '../../image/partial/partial-layer.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { type AnalysisOptions, type Analyzers, layerIndexOf, readTargets } from './analyze-layers.ts';
import { ownedAmong } from './layer-evidence.ts';

/**
 * Analyzes a layer by its table of contents. Fetches the files that the extensions want, and then those that may be programs or archives and that no
 * package of the distribution in this layer owns. Programs that such a package owns are counted by their names. Throws `TableError` if the layer must be fetched whole, and what analyzing it throws.
 */
export async function analyzeByTable(
  layer: PartialLayer,
  analyzers: Analyzers,
  { links, ...options }: AnalysisOptions,
): Promise<LayerIndex> {
  const readOptions = { ...options, ...readTargets(analyzers, links) };
  const analyze = async (assumed: readonly TableFile[]): Promise<LayerIndex> =>
    await layerIndexOf(readByTable(layer, readOptions, assumed), analyzers, links);
  await layer.fetch(filesWantedByPath(layer, readOptions));
  const named = await analyze([]);
  const candidates = layer.files.filter(
    (file) => mayHoldProgram(file) && layer.contentOf(file) === undefined,
  );
  const owned = ownedAmong(
    candidates.map(({ entry }) => entry.path),
    named,
  );
  await layer.fetch(candidates.filter(({ entry }) => !owned.has(entry.path)));
  // They count if their package is removed in a layer above, or if it is not assessed.
  return await analyze(candidates.filter((file) => owned.has(file.entry.path) && isAssumedProgram(file)));
}
