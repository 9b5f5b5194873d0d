import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { PathTree } from '../../kit/path-tree.ts';
import { collectPayload } from '../../kit/tar/collect-payload.ts';
import { baseOf, boundedPath, isOverlong, parentOf } from '../../kit/tar/path.ts';
import type { PayloadSink, TarEntry } from '../../kit/tar/walker.ts';
import type { LayerLicenses, LayerNode } from '../../model/layer-index.ts';
import { type CollectedEvidence, EvidenceCollector, type ProgramInspection } from './evidence-collector.ts';
import { LicenseCollector } from './license-collector.ts';
import { expandSparse } from './sparse.ts';
import type { Interest, WantedPaths } from './wanted-paths.ts';

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
  /** How many markers the layer has in all, also where they hide nothing that anybody wants. */
  readonly markers: { readonly whiteouts: number; readonly opaques: number };
  readonly nodes: readonly LayerNode[];
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly remarks: readonly LayerRemark[];
  readonly evidence: CollectedEvidence;
  readonly licenses: readonly LayerLicenses[];
}

/** What a collector is to do other than with an ordinary layer. */
export interface CollectorOptions {
  /** In an archive that is no changeset, names of whiteouts are ordinary ones. */
  readonly hasWhiteouts?: boolean;
  readonly keptBytesMax?: number;
  /** Whether programs are looked into as they pass by, which is the rule, or later. */
  readonly programs?: ProgramInspection;
}

/**
 * Keeps what matters of one layer while its members pass by: wanted files, whiteouts, and what stands on the way to a wanted
 * path. OCI image-spec, "Image Layer Filesystem Changeset". Within a layer a later member replaces an earlier one.
 */
export class LayerCollector {
  readonly #wanted: WantedPaths;
  readonly #hasWhiteouts: boolean;
  readonly #keptBytesMax: number;
  readonly #whiteouts = new PathTree<true>();
  readonly #opaques = new PathTree<true>();
  /** By the paths that hard links lead to, one of these links: it shares what lies there now, whatever takes that name later. */
  readonly #linkTargets = new PathTree<string>();
  readonly #nodes = new PathTree<LayerNode>();
  /** Symbolic links in the place of wanted files. */
  readonly #linkedFiles = new Set<string>();
  readonly #files = new Map<string, Buffer>();
  readonly #remarks: LayerRemark[] = [];
  readonly #evidence: EvidenceCollector;
  readonly #licenses: LicenseCollector;
  readonly #markers = { whiteouts: 0, opaques: 0 };
  #keptBytes = 0;
  #markCharacters = 0;

  constructor(
    wanted: WantedPaths,
    { hasWhiteouts = true, keptBytesMax = limits.keptLayerBytes, programs = 'now' }: CollectorOptions = {},
  ) {
    this.#wanted = wanted;
    this.#hasWhiteouts = hasWhiteouts;
    this.#keptBytesMax = keptBytesMax;
    this.#evidence = new EvidenceCollector(programs);
    this.#licenses = new LicenseCollector(wanted.licenseFiles);
  }

  /** The visitor for a `TarWalker`. */
  readonly visit = (entry: TarEntry): PayloadSink | undefined => {
    const { path } = entry;
    if (this.#skipIfOverlong(entry)) return undefined;
    if (entry.type === 'global-header') {
      this.#visitGlobalHeader(path);
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
    this.#remarkDivergence(entry, interest);
    const evidence = this.#evidence.visit(entry);
    if (interest === undefined && !this.#mayLead(entry))
      return teeSinks(this.#licenses.visit(entry), evidence);
    return this.#node(entry, interest === 'wanted') ?? evidence;
  };

  /** Names are judged as they are written, before anything takes them apart. A symbolic link with an overlong target cannot be made. */
  #skipIfOverlong({ path, type, target }: TarEntry): boolean {
    const shown = isOverlong(path) ? `${path.slice(0, 64)}…` : path;
    if (isOverlong(path)) this.remark(shown, `${overlong} was passed over`);
    else if (type === 'hard-link' && isOverlong(target))
      this.remark(shown, `a hard link to ${overlong} was passed over`);
    else return false;
    return true;
  }

  /** States where runtimes differ in what lies at the place of a member. */
  #remarkDivergence({ path, overlay }: TarEntry, interest: Interest): void {
    if (this.#wanted.isWatched(path) || this.#isBelowLinkedFile(path))
      this.remark(
        path,
        'lies below a link to a file, or goes twice through a link: runtimes differ in where',
      );
    if (interest !== undefined && overlay !== undefined)
      this.remark(`${path}/`, `has the attribute ${overlay}: with some runtimes another directory lies here`);
  }

  /** Whether a path lies below a link that this layer has in the place of a wanted file. */
  #isBelowLinkedFile(path: string): boolean {
    if (this.#linkedFiles.size === 0) return false;
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
      if (this.#linkedFiles.has(path.slice(0, slash))) return true;
    return false;
  }

  /** Links from elsewhere to what is wanted, or to a directory above it: members below such a link lie there. */
  #mayLead(entry: TarEntry): boolean {
    // What has the name of the root is passed over.
    if (entry.path === '') return false;
    if (entry.type === 'symbolic-link') return this.#wanted.mayLead(entry);
    return entry.type === 'hard-link' && this.#wanted.at(boundedPath(entry.target)) !== undefined;
  }

  finish(): CollectedLayer {
    this.#remarkRecreated();
    return {
      whiteouts: [...this.#whiteouts.keys()],
      opaques: [...this.#opaques.keys()],
      markers: this.#markers,
      nodes: [...this.#nodes.values()],
      files: this.#files,
      remarks: this.#remarks,
      evidence: this.#evidence.finish(),
      licenses: this.#licenses.licenses,
    };
  }

  /** overlayfs merges a directory with that of lower layers, though the layer removed it before, unless it is opaque. */
  #remarkRecreated(): void {
    for (const path of this.#whiteouts.keys())
      if (this.#nodes.get(path)?.kind === 'directory' && this.#opaques.get(path) === undefined)
        this.remark(
          path,
          'is removed and made again within one layer: with some runtimes, what lower layers have in it stays',
        );
  }

  /** A global header means nothing, but containerd makes room for a member of its name before it finds that out. */
  #visitGlobalHeader(path: string): void {
    const named = path.replace(/(?:^|(?<=\/))\.wh\.(?:\.wh\.\.opq$)?/, '').replace(/\/$/, '');
    if (this.#wanted.at(named) !== undefined)
      this.remark(path, 'is the name of a global header: some runtimes remove what has this name');
  }

  /** A marker that hides nothing that is wanted may hide evidence. */
  #whiteout(path: string, base: string): void {
    const directory = parentOf(path);
    if (base === opaqueMarker) {
      this.#markers.opaques++;
      if (directory === '' || this.#wanted.at(directory) !== undefined) this.#mark(this.#opaques, directory);
      else this.#evidence.addOpaque(directory);
      return;
    }
    // `.wh..wh.` names are leftovers of aufs; `.wh.`, `.wh..` and `.wh...` name nothing that could be removed.
    if (/^\.wh\.(?:\.wh\..*|\.{0,2})$/s.test(base)) return;
    this.#markers.whiteouts++;
    const name = base.slice(whiteoutPrefix.length);
    const hidden = directory === '' ? name : `${directory}/${name}`;
    if (this.#wanted.at(hidden) !== undefined) this.#mark(this.#whiteouts, hidden);
    else this.#evidence.addWhiteout(hidden);
  }

  #mark(marks: PathTree<true>, path: string): void {
    if (marks === this.#opaques && marks.get(path) === undefined && this.#nodes.hasGapBelow(path))
      this.remark(path, 'is made opaque behind files of its own layer: some runtimes remove these, too');
    if (marks === this.#whiteouts && (this.#nodes.get(path) !== undefined || this.#nodes.hasBelow(path)))
      this.remark(
        path,
        'is laid down and removed within one layer: some runtimes remove it, others the one of lower layers',
      );
    if (marks.get(path) !== undefined) return;
    marks.set(path, true);
    this.#checkMarks(path.length);
  }

  #node(entry: TarEntry, isWanted: boolean): PayloadSink | undefined {
    const { path } = entry;
    if (entry.type === 'directory') {
      if (this.#nodes.get(path)?.kind !== 'directory') this.#replace({ path, kind: 'directory' });
      return undefined;
    }
    if (entry.type === 'symbolic-link' && isWanted) this.#linkedFiles.add(path);
    if (entry.type === 'symbolic-link' || entry.type === 'hard-link') {
      this.#replace({ path, kind: entry.type, target: entry.target });
      if (entry.type === 'hard-link') this.#linkTargets.set(boundedPath(entry.target), path);
      return undefined;
    }
    this.#replace({ path, kind: 'file' });
    return isWanted && entry.type === 'file' ? this.#keep(entry) : undefined;
  }

  #replace(node: LayerNode): void {
    const { path } = node;
    const before = this.#nodes.get(path);
    this.#remarkOrderDependence(node, before);
    // Something else takes the place of a directory: what the layer had under it is gone.
    if (node.kind !== 'directory') this.#nodes.remove(path, this.#forget);
    else if (before !== undefined) this.#forget(path, before);
    this.#nodes.set(path, node);
    this.#checkMarks(charactersOf(node));
  }

  /**
   * Unpackers lay members down one after the other. What depends on that order within a layer is stated: hard links to what is replaced
   * later, and links that are set more than once. Honest layers have neither, as each name comes once.
   */
  #remarkOrderDependence(node: LayerNode, before: LayerNode | undefined): void {
    const { path, kind } = node;
    if (before !== undefined && isLinkReplaced(before, node))
      this.remark(
        path,
        'is a symbolic link and something else within one layer: the order of its members decides',
      );
    const stateReplaced = (target: string, link: string): void => {
      this.remark(link, `is a hard link to ${target}, which the layer replaces afterwards`);
    };
    const link = this.#linkTargets.get(path);
    if (link !== undefined) stateReplaced(path, link);
    if (kind === 'directory') return;
    // Below a link of a lower layer, they lie elsewhere and stay.
    if (this.#nodes.hasBelow(path))
      this.remark(path, 'replaces a directory with files of its own layer: some runtimes may keep these');
    this.#linkTargets.removeBelow(path, stateReplaced);
    // Markers below a name act on the directory that had it. What takes its place leads them nowhere.
    this.#whiteouts.removeBelow(path);
    this.#opaques.remove(path);
  }

  readonly #forget = (path: string, node: LayerNode): void => {
    this.#markCharacters -= charactersOf(node);
    this.#keptBytes -= this.#files.get(path)?.length ?? 0;
    this.#files.delete(path);
  };

  #keep(entry: TarEntry): PayloadSink | undefined {
    const { path, size, sparse } = entry;
    const needed = size + (sparse?.realSize ?? 0);
    if (!(this.#keptBytes + needed <= this.#keptBytesMax)) {
      throw new ClairError(
        'limit-exceeded',
        `${path} has ${needed} bytes; the wanted files of a layer are read up to ${this.#keptBytesMax} bytes together`,
        { limit: 'keptLayerBytes' },
      );
    }
    return collectPayload(size, (content) => {
      const whole = sparse === undefined ? content : expandSparse(content, sparse);
      if (whole === undefined) {
        this.remark(path, 'a sparse file whose map is malformed');
        return;
      }
      this.#files.set(path, whole);
      this.#keptBytes += whole.length;
    });
  }

  /** Notes something that was passed over, so that it is told and not lost. */
  remark(path: string, message: string): void {
    if (this.#remarks.length < limits.remarks) this.#remarks.push({ path, message });
  }

  #checkMarks(characters: number): void {
    this.#markCharacters += characters;
    if (this.#whiteouts.size + this.#opaques.size + this.#nodes.size > limits.layerMarks)
      throw new ClairError(
        'limit-exceeded',
        `more than ${limits.layerMarks} whiteouts, links and wanted files`,
        { limit: 'layerMarks' },
      );
    if (this.#markCharacters > limits.layerMarkCharacters)
      throw new ClairError(
        'limit-exceeded',
        `whiteouts, links and wanted files with more than ${limits.layerMarkCharacters} characters in their names`,
        { limit: 'layerMarkCharacters' },
      );
  }
}

/** A program may lie where a licence file is expected: the bytes go to both. */
function teeSinks(first: PayloadSink | undefined, second: PayloadSink | undefined): PayloadSink | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    write: (bytes) => {
      first.write(bytes);
      if (second.isSated !== true) second.write(bytes);
    },
    close: () => {
      first.close();
      second.close();
    },
  };
}

const overlong = `a name of more than ${limits.pathBytes} bytes`;

function isLinkReplaced(before: LayerNode, node: LayerNode): boolean {
  if (before.kind !== 'symbolic-link' && node.kind !== 'symbolic-link') return false;
  return (
    before.kind !== node.kind || ('target' in before && 'target' in node && before.target !== node.target)
  );
}

function charactersOf(node: LayerNode): number {
  return node.path.length + ('target' in node ? node.target.length : 0);
}
