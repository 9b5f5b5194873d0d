import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { baseOf, parentOf } from '../../kit/tar/path.ts';
import type { PayloadSink, TarEntry } from '../../kit/tar/walker.ts';
import type { LayerNode } from '../../model/layer-index.ts';
import { expandSparse } from './sparse.ts';
import type { WantedPaths } from './wanted.ts';

const whiteoutPrefix = '.wh.';
const opaqueMarker = '.wh..wh..opq';

/** Something about a layer's own archive that was passed over. */
export interface LayerRemark {
  readonly path: string;
  readonly message: string;
}

/** What a layer holds of the wanted paths, before anybody has looked into the files. */
export interface CollectedLayer {
  readonly whiteouts: readonly string[];
  readonly opaques: readonly string[];
  readonly nodes: readonly LayerNode[];
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly remarks: readonly LayerRemark[];
}

/**
 * Keeps what matters of one layer while its members pass by: wanted files, whiteouts, and what stands on the way to a wanted
 * path. OCI image-spec, "Image Layer Filesystem Changeset". Within a layer a later member replaces an earlier one.
 */
export class LayerCollector {
  readonly #wanted: WantedPaths;
  readonly #hasWhiteouts: boolean;
  readonly #whiteouts = new Set<string>();
  readonly #opaques = new Set<string>();
  readonly #nodes = new Map<string, LayerNode>();
  readonly #files = new Map<string, Uint8Array>();
  /** By directory, the nodes in it and the directories on the way to them, so that no number of members makes removal slow. */
  readonly #children = new Map<string, Set<string>>();
  readonly #remarks: LayerRemark[] = [];
  #keptBytes = 0;

  /** In an archive that is no changeset, names of whiteouts are ordinary ones. */
  constructor(wanted: WantedPaths, hasWhiteouts = true) {
    this.#wanted = wanted;
    this.#hasWhiteouts = hasWhiteouts;
  }

  /** The visitor for a `TarWalker`. */
  readonly visit = (entry: TarEntry): PayloadSink | undefined => {
    const { path } = entry;
    if (path.length > limits.pathBytes) {
      this.remark(
        `${path.slice(0, 64)}…`,
        `a name of ${path.length} characters, more than ${limits.pathBytes}, was passed over`,
      );
      return undefined;
    }
    if (this.#hasWhiteouts && path.includes(whiteoutPrefix)) {
      const base = baseOf(path);
      if (base.startsWith(whiteoutPrefix)) {
        this.#whiteout(path, base);
        return undefined;
      }
    }
    const interest = this.#wanted.at(path);
    return interest === undefined ? undefined : this.#node(entry, interest === 'wanted');
  };

  collected(): CollectedLayer {
    return {
      whiteouts: [...this.#whiteouts],
      opaques: [...this.#opaques],
      nodes: [...this.#nodes.values()],
      files: this.#files,
      remarks: this.#remarks,
    };
  }

  #whiteout(path: string, base: string): void {
    const directory = parentOf(path);
    if (base === opaqueMarker) this.#opaques.add(directory);
    // `.wh..wh.` names are leftovers of aufs; `.wh.`, `.wh..` and `.wh...` name nothing that could be removed.
    else if (!/^\.wh\.(?:\.wh\..*|\.{0,2})$/s.test(base)) {
      const name = base.slice(whiteoutPrefix.length);
      this.#whiteouts.add(directory === '' ? name : `${directory}/${name}`);
    }
    this.#checkMarks();
  }

  #node(entry: TarEntry, isWanted: boolean): PayloadSink | undefined {
    const { path } = entry;
    if (entry.type === 'directory') {
      if (this.#nodes.get(path)?.kind !== 'directory') this.#replace(path, { path, kind: 'directory' });
      return undefined;
    }
    if (entry.type === 'symbolic-link' || entry.type === 'hard-link') {
      this.#replace(path, { path, kind: entry.type, target: entry.target });
      return undefined;
    }
    this.#replace(path, { path, kind: 'file' });
    return isWanted && entry.type === 'file' ? this.#keep(entry) : undefined;
  }

  #replace(path: string, node: LayerNode): void {
    // Something else takes the place of a directory: what the layer had under it is gone.
    if (node.kind !== 'directory') this.#removeBelow(path);
    this.#files.delete(path);
    this.#nodes.set(path, node);
    this.#enter(path);
    this.#checkMarks();
  }

  /** Enters a path under its directory, and that under the one above, up to one that is known. */
  #enter(path: string): void {
    const directory = parentOf(path);
    const siblings = this.#children.get(directory);
    if (siblings?.has(path) === true) return;
    if (siblings === undefined) this.#children.set(directory, new Set([path]));
    else siblings.add(path);
    if (directory !== '') this.#enter(directory);
  }

  #removeBelow(directory: string): void {
    const children = this.#children.get(directory);
    this.#children.delete(directory);
    for (const child of children ?? []) {
      this.#nodes.delete(child);
      this.#files.delete(child);
      this.#removeBelow(child);
    }
  }

  #keep(entry: TarEntry): PayloadSink | undefined {
    const size = entry.sparse === undefined ? entry.size : Math.max(entry.size, entry.sparse.realSize);
    if (size > limits.keptFileBytes || this.#keptBytes + size > limits.keptLayerBytes) {
      throw new ClairError(
        'limit-exceeded',
        `${entry.path} has ${size} bytes; a file is read up to ${limits.keptFileBytes} bytes and the wanted files of a layer up to ${limits.keptLayerBytes}`,
        { limit: size > limits.keptFileBytes ? 'keptFileBytes' : 'keptLayerBytes' },
      );
    }
    this.#keptBytes += size;
    const content = Buffer.allocUnsafe(entry.size);
    let fill = 0;
    return {
      write(bytes) {
        fill += bytes.copy(content, fill);
      },
      close: () => {
        const whole = entry.sparse === undefined ? content : expandSparse(content, entry.sparse);
        if (whole === undefined) this.remark(entry.path, 'a sparse file whose map is malformed');
        else this.#files.set(entry.path, whole);
      },
    };
  }

  /** Notes something that was passed over, so that it is told and not lost. */
  remark(path: string, message: string): void {
    if (this.#remarks.length < limits.remarks) this.#remarks.push({ path, message });
  }

  #checkMarks(): void {
    if (this.#whiteouts.size + this.#opaques.size + this.#nodes.size > limits.layerMarks) {
      throw new ClairError(
        'limit-exceeded',
        `more than ${limits.layerMarks} whiteouts, links and wanted files`,
        { limit: 'layerMarks' },
      );
    }
  }
}
