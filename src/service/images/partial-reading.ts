import { messageOf } from '../../core/errors.ts';
import type { Image } from '../../image/image.ts';
import { type ImageLayer, layerIdentity } from '../../image/image-layer.ts';
import { nameOfLayer } from '../../image/layer/layer-name.ts';
import type { PartialLayer, PinnedTable } from '../../image/partial/partial-layer.ts';
import { TableError } from '../../image/partial/table-document.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { Store } from '../../store/store.ts';
import { analyzeByTable } from './analyze-by-table.ts';
import type { AnalysisOptions, Analyzers } from './analyze-layers.ts';
import {
  type IndexedImageLayer,
  keyByTable,
  type SplitIndexes,
  type StoredIndexes,
  type TableIndex,
} from './stored-indexes.ts';

/** Dependencies of `PartialReading`. */
export interface PartialReadingDeps {
  readonly extensions: Analyzers;
  readonly store: Pick<Store, 'layers'>;
}

/** How the layers of an image were read that have a table of contents. */
export interface TableUse {
  /** Names of the layers that were read by it. */
  readonly byTable: readonly string[];
  /** The layers that were fetched whole nevertheless, with the reason. */
  readonly whole: readonly { readonly layer: string; readonly reason: string }[];
}

/**
 * Reads layers of one image by their tables of contents, in all passes over it. A layer with anything odd is left to the reader of whole
 * layers.
 */
export class PartialReading {
  readonly #findTable: Image['findTable'];
  readonly #deps: PartialReadingDeps;
  readonly #opened = new Map<ImageLayer, Promise<PartialLayer | undefined>>();
  readonly #refused = new Map<ImageLayer, string>();

  /** Without `findTable`, all layers are left to the reader of whole ones. */
  constructor(findTable: Image['findTable'], deps: PartialReadingDeps) {
    this.#findTable = findTable;
    this.#deps = deps;
  }

  /** Separates the unread layers that were, or can be, read by their tables of contents. */
  async analyze(stored: StoredIndexes, options: AnalysisOptions): Promise<SplitIndexes> {
    const byTable = new Map<ImageLayer, TableIndex>();
    const found = stored.unread.flatMap((layer) => {
      const table = this.#findTable?.(layer);
      // Another image may state another table for the same layer.
      const name = `${layerIdentity(layer, options) ?? ''} by-table ${table?.pin ?? ''}`;
      return table === undefined ? [] : [{ layer, table, name }];
    });
    if (found.length === 0) return { ...stored, byTable };
    const names = found.map(({ name }) => name);
    const known = await this.#deps.store.layers.findAll(names, keyByTable(stored.key));
    for (const { layer, table, name } of found) {
      const index = known.get(name) ?? (await this.#analyze(layer, table, options));
      if (index !== undefined) byTable.set(layer, { name, index });
    }
    return { ...stored, unread: stored.unread.filter((layer) => !byTable.has(layer)), byTable };
  }

  /** Returns how the layers of an image were read. Undefined if no table of contents was used or refused. */
  useIn(layers: readonly IndexedImageLayer[]): TableUse | undefined {
    const byTable = layers.flatMap(({ layer, isByTable }) => (isByTable ? [nameOfLayer(layer)] : []));
    const whole = Array.from(this.#refused, ([layer, reason]) => ({ layer: nameOfLayer(layer), reason }));
    return byTable.length + whole.length === 0 ? undefined : { byTable, whole };
  }

  async #analyze(
    layer: ImageLayer,
    table: PinnedTable,
    options: AnalysisOptions,
  ): Promise<LayerIndex | undefined> {
    if (this.#refused.has(layer)) return undefined;
    try {
      const opened = this.#opened.get(layer) ?? table.open();
      this.#opened.set(layer, opened);
      const partial = await opened;
      return partial && (await analyzeByTable(partial, this.#deps.extensions, options));
    } catch (error) {
      // Whatever is wrong: reading the whole layer does without the table, or gives the error.
      const fault = error instanceof TableError ? error.message : `could not be used: ${messageOf(error)}`;
      this.#refused.set(layer, `its table of contents ${fault}`);
      return undefined;
    }
  }
}
