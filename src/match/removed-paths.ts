import { parentOf } from '../kit/tar/path.ts';
import type { LayerIndex } from '../model/layer-index.ts';

/** The paths of lower layers that a layer hides, by whiteouts or by putting something other than a directory in their place. */
export class RemovedPaths {
  readonly #layer: Pick<LayerIndex, 'whiteouts' | 'opaques' | 'nodes'>;
  /** Paths that are hidden with all below them; made when the first path is asked for. */
  #replaced: ReadonlySet<string> | undefined;
  /** Directories of which all below is hidden. */
  readonly #emptied: ReadonlySet<string>;

  constructor(layer: Pick<LayerIndex, 'whiteouts' | 'opaques' | 'nodes'>) {
    this.#layer = layer;
    this.#emptied = new Set(layer.opaques);
  }

  /** Costs as much as the path has parts, whatever the layer holds. */
  has(path: string): boolean {
    this.#replaced ??= replacedIn(this.#layer);
    if (this.#replaced.has(path)) return true;
    for (let above = path; above !== ''; ) {
      above = parentOf(above);
      if (this.#replaced.has(above) || this.#emptied.has(above)) return true;
    }
    return false;
  }
}

function replacedIn({ whiteouts, nodes }: Pick<LayerIndex, 'whiteouts' | 'nodes'>): Set<string> {
  const replaced = new Set(whiteouts);
  for (const { path, kind } of nodes) if (kind !== 'directory') replaced.add(path);
  return replaced;
}
