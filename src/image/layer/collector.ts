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
  readonly #whiteouts = new Set<string>();
  readonly #opaques = new Set<string>();
  readonly #nodes = new Map<string, LayerNode>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #remarks: LayerRemark[] = [];
  #keptBytes = 0;

  constructor(wanted: WantedPaths) {
    this.#wanted = wanted;
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
    if (path.includes(whiteoutPrefix)) {
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
    // `.wh..wh.` names are leftovers of aufs, and a bare `.wh.` removes nothing.
    else if (base.length > whiteoutPrefix.length && !base.startsWith('.wh..wh.')) {
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
      this.#checkMarks();
      return undefined;
    }
    this.#replace(path, { path, kind: 'file' });
    return isWanted && entry.type === 'file' ? this.#keep(entry) : undefined;
  }

  #replace(path: string, node: LayerNode): void {
    const previous = this.#nodes.get(path);
    this.#nodes.set(path, node);
    this.#files.delete(path);
    if (node.kind === 'directory' || (previous !== undefined && previous.kind !== 'directory')) return;
    // Something else took the place of a directory: what the layer had under it is gone.
    const below = `${path}/`;
    for (const other of [...this.#nodes.keys()]) if (other.startsWith(below)) this.#nodes.delete(other);
    for (const other of [...this.#files.keys()]) if (other.startsWith(below)) this.#files.delete(other);
  }

  #keep(entry: TarEntry): PayloadSink | undefined {
    const size = entry.sparse === undefined ? entry.size : Math.max(entry.size, entry.sparse.realSize);
    if (size > limits.keptFileBytes || this.#keptBytes + size > limits.keptLayerBytes) {
      throw new ClairError(
        'limit-exceeded',
        `${entry.path} has ${size} bytes; a file is read up to ${limits.keptFileBytes} bytes and the wanted files of a layer up to ${limits.keptLayerBytes}`,
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
      throw new ClairError('limit-exceeded', `more than ${limits.layerMarks} whiteouts and links`);
    }
  }
}
