import { parentOf } from '../kit/tar/path.ts';
import type { LayerIndex } from '../model/layer-index.ts';

/** The paths of lower layers that a layer hides, by whiteouts or by an entry other than a directory in their place. */
export class RemovedPaths {
  readonly #layer: Pick<LayerIndex, 'whiteouts' | 'opaques' | 'nodes'>;
  /** Paths that are hidden with everything below them. Computed on first use. */
  #replaced: ReadonlySet<string> | undefined;
  /** Directories whose whole content is hidden. */
  readonly #emptied: ReadonlySet<string>;

  constructor(layer: Pick<LayerIndex, 'whiteouts' | 'opaques' | 'nodes'>) {
    this.#layer = layer;
    this.#emptied = new Set(layer.opaques);
  }

  /** Takes time by the number of parts of the path, whatever the size of the layer. */
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
