import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { PathTree } from '../../kit/path-tree.ts';
import { baseOf, boundedPath, isOverlong, parentOf } from '../../kit/tar/path.ts';
import type { FileRange } from '../../kit/tar/walk-by-seeking.ts';
import { collectPayload, type PayloadSink, type TarEntry } from '../../kit/tar/walker.ts';
import type { CodeDirectory, LayerLicenses, LayerNode } from '../../model/layer-index.ts';
import { CodeFiles } from './code-files.ts';
import { type CollectedEvidence, EvidenceCollector, type ProgramInspection } from './evidence-collector.ts';
import type { ExtractPrograms } from './extract-programs.ts';
import { LicenseCollector } from './license-collector.ts';
import {
  type CollectedPackageFiles,
  type ImmediateListing,
  PackageFileCollector,
} from './package-file-collector.ts';
import { expandSparse } from './sparse.ts';
import type { Interest, WantedPaths } from './wanted-paths.ts';

const whiteoutPrefix = '.wh.';
const opaqueMarker = '.wh..wh..opq';

/** A remark about a part of a layer's archive that was skipped or is ambiguous. */
export interface LayerRemark {
  readonly path: string;
  readonly message: string;
}

/** Content of a layer at the wanted paths, before analyzers read the files. */
export interface CollectedLayer {
  readonly whiteouts: readonly string[];
  readonly opaques: readonly string[];
  /** Number of all markers of the layer, including those that hide no wanted path. */
  readonly markers: { readonly whiteouts: number; readonly opaques: number };
  readonly nodes: readonly LayerNode[];
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly packageFiles: CollectedPackageFiles;
  /** Undefined if the layer has more code than is kept. */
  readonly code: readonly CodeDirectory[] | undefined;
  readonly remarks: readonly LayerRemark[];
  readonly evidence: CollectedEvidence;
  readonly licenses: readonly LayerLicenses[];
}

/** Options of a `LayerCollector`. */
export interface CollectorOptions {
  /** Whether whiteout names hide files. In an archive that is not a changeset they are ordinary names. */
  readonly hasWhiteouts?: boolean;
  readonly keptBytesMax?: number;
  /** Creates the listing of large files of this layer. */
  readonly listNow?: () => ImmediateListing;
  /** Whether programs are classified as they stream (`now`, the default) or later. */
  readonly programs?: ProgramInspection;
  /** The archive of the layer, if it is on disk. Archives in it are read in parts. */
  readonly source?: FileRange | undefined;
  /** Receiver or source of the results of programs, for an extract of the layer. */
  readonly extract?: ExtractPrograms | undefined;
}

/**
 * Collects the relevant content of a layer from its members: wanted files, whiteouts, and links and files at parents of wanted paths. A
 * later member replaces an earlier one. OCI image-spec, "Image Layer Filesystem Changeset".
 */
export class LayerCollector {
  readonly #wanted: WantedPaths;
  readonly #hasWhiteouts: boolean;
  readonly #keptBytesMax: number;
  readonly #whiteouts = new PathTree<true>();
  readonly #opaques = new PathTree<true>();
  /** For each target of a hard link, one of its links. The link shares the content of that time, whatever takes the name later. */
  readonly #linkTargets = new PathTree<string>();
  readonly #nodes = new PathTree<LayerNode>();
  /** Symbolic links at paths of wanted files. */
  readonly #linkedFiles = new Set<string>();
  readonly #files = new Map<string, Buffer>();
  readonly #remarks: LayerRemark[] = [];
  readonly evidence: EvidenceCollector;
  readonly #licenses: LicenseCollector;
  readonly #packageFiles: PackageFileCollector;
  /** The code of the layer. What passes the member filter is added by `visit`, the rest by the filter. */
  readonly code = new CodeFiles();
  readonly #markers = { whiteouts: 0, opaques: 0 };
  #keptBytes = 0;
  #markCharacters = 0;

  constructor(
    wanted: WantedPaths,
    {
      hasWhiteouts = true,
      keptBytesMax = limits.keptLayerBytes,
      programs = 'now',
      listNow,
      source,
      extract,
    }: CollectorOptions = {},
  ) {
    this.#wanted = wanted;
    this.#hasWhiteouts = hasWhiteouts;
    this.#keptBytesMax = keptBytesMax;
    const listing = listNow?.();
    this.evidence = new EvidenceCollector(programs, listing, extract);
    this.#licenses = new LicenseCollector(wanted.licenseFiles);
    const isAlone = keptBytesMax >= limits.keptLayerBytes;
    this.#packageFiles = new PackageFileCollector(wanted, { isAlone, listing, source });
  }

  /** The visitor for a `TarWalker`. */
  readonly visit = (entry: TarEntry): PayloadSink | undefined => {
    const { path } = entry;
    if (this.#skipIfOverlong(entry)) return undefined;
    if (entry.type === 'global-header') {
      this.#visitGlobalHeader(path);
      return undefined;
    }
    if (path === '' && entry.type !== 'directory') return undefined; // The root stays a directory.
    if (this.#hasWhiteouts && path.includes(whiteoutPrefix)) {
      const base = baseOf(path);
      if (base.startsWith(whiteoutPrefix)) {
        this.#whiteout(path, base);
        return undefined;
      }
    }
    this.code.add(entry);
    const interest = this.#wanted.at(path);
    this.#remarkDivergence(entry, interest);
    const evidence = this.evidence.visit(entry);
    const packageFile = this.#packageFiles.visit(entry);
    if (interest === undefined && !this.#mayLead(entry))
      return teeSinks(packageFile, teeSinks(this.#licenses.visit(entry), evidence));
    return teeSinks(packageFile, this.#node(entry, interest === 'wanted') ?? evidence);
  };

  /** Skips members with overlong names, as written in the archive. A symbolic link with an overlong target cannot be created either. */
  #skipIfOverlong({ path, type, target }: TarEntry): boolean {
    const shown = isOverlong(path) ? `${path.slice(0, 64)}…` : path;
    if (isOverlong(path)) this.remark(shown, `${overlong} was skipped`);
    else if (type === 'hard-link' && isOverlong(target))
      this.remark(shown, `a hard link to ${overlong} was skipped`);
    else return false;
    return true;
  }

  /** Adds a remark if runtimes differ in what they unpack at the path of a member. */
  #remarkDivergence({ path, overlay }: TarEntry, interest: Interest): void {
    this.#remarkWatched(path);
    if (interest !== undefined && overlay !== undefined)
      this.remark(`${path}/`, `has the attribute ${overlay}: some runtimes put another directory here`);
  }

  #remarkWatched(path: string): void {
    if (this.#wanted.isWatched(path) || this.#isBelowLinkedFile(path))
      this.remark(
        path,
        'is below a link to a file, or passes the same link twice: runtimes differ in where it goes',
      );
  }

  /** Whether a path is below a link at a wanted path of this layer. */
  #isBelowLinkedFile(path: string): boolean {
    if (this.#linkedFiles.size === 0) return false;
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
      if (this.#linkedFiles.has(path.slice(0, slash))) return true;
    return false;
  }

  /** Whether a link may lead to a wanted path or a parent of one, so that members below the link appear there. */
  #mayLead(entry: TarEntry): boolean {
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
      packageFiles: this.#packageFiles.finish(),
      code: this.code.finish(),
      remarks: this.#remarks,
      evidence: this.evidence.finish(),
      licenses: this.#licenses.licenses,
    };
  }

  /**
   * Adds a remark for directories that the layer removes and creates again. overlayfs merges them with those of lower layers unless they
   * are opaque.
   */
  #remarkRecreated(): void {
    for (const path of this.#whiteouts.keys())
      if (this.#nodes.get(path)?.kind === 'directory' && this.#opaques.get(path) === undefined)
        this.remark(
          path,
          'is removed and created again within one layer: with some runtimes, its content of lower layers remains',
        );
  }

  /** Adds a remark for a global header. It has no content, but containerd removes files at its name before it detects the header. */
  #visitGlobalHeader(path: string): void {
    const named = path.replace(/(?:^|(?<=\/))\.wh\.(?:\.wh\.\.opq$)?/, '').replace(/\/$/, '');
    if (this.#wanted.at(named) !== undefined)
      this.remark(path, 'is the name of a global header: some runtimes remove a file of this name');
  }

  /** Records a whiteout. One that hides no wanted path may hide evidence. */
  #whiteout(path: string, base: string): void {
    const directory = parentOf(path);
    this.#remarkWatched(path);
    if (base === opaqueMarker) {
      this.#markers.opaques++;
      if (directory === '' || this.#wanted.at(directory) !== undefined) this.#mark(this.#opaques, directory);
      else this.evidence.addOpaque(directory);
      return;
    }
    const name = base.slice(whiteoutPrefix.length);
    // Names with the prefix twice are remnants of aufs.
    if (name.startsWith(whiteoutPrefix)) return;
    if (name === '' || name === '.' || name === '..') {
      this.#remarkOddWhiteout(path, name === '..' ? parentOf(directory) : directory);
      return;
    }
    this.#markers.whiteouts++;
    const hidden = directory === '' ? name : `${directory}/${name}`;
    if (this.#wanted.at(hidden) !== undefined) this.#mark(this.#whiteouts, hidden);
    else this.evidence.addWhiteout(hidden);
  }

  /** Adds a remark for a whiteout of the directory that it is in, or of the one above. Without a wanted place there, it changes nothing. */
  #remarkOddWhiteout(path: string, hidden: string): void {
    if (hidden === '' || this.#wanted.at(hidden) !== undefined)
      this.remark(
        path,
        'is a whiteout of its own directory or of the one above: some runtimes remove that directory, others refuse the layer',
      );
  }

  #mark(marks: PathTree<true>, path: string): void {
    if (marks === this.#opaques && marks.get(path) === undefined && this.#nodes.hasGapBelow(path))
      this.remark(path, 'is made opaque after files of its own layer: some runtimes remove these, too');
    if (marks === this.#whiteouts && (this.#nodes.get(path) !== undefined || this.#nodes.hasBelow(path)))
      this.remark(
        path,
        'is created and removed within one layer: some runtimes remove it, others the one of lower layers',
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
    // If a directory is replaced, the layer's files below it are removed.
    if (node.kind !== 'directory') this.#nodes.remove(path, this.#forget);
    else if (before !== undefined) this.#forget(path, before);
    this.#nodes.set(path, node);
    this.#checkMarks(charactersOf(node));
  }

  /**
   * Adds remarks for content that depends on the order of members: hard links to files that are replaced later, and links at paths that
   * occur more than once. Correct layers have neither, as each name occurs once.
   */
  #remarkOrderDependence(node: LayerNode, before: LayerNode | undefined): void {
    const { path, kind } = node;
    if (before !== undefined && isLinkReplaced(before, node))
      this.remark(
        path,
        'is a symbolic link and another file within one layer: the order of its members decides',
      );
    else if (kind === 'directory' && before !== undefined && before.kind !== kind)
      this.remark(
        path,
        'is a file and then a directory within one layer: some runtimes remove its content of lower layers',
      );
    const stateReplaced = (target: string, link: string): void => {
      this.remark(link, `is a hard link to ${target}, which the layer replaces later`);
    };
    const link = this.#linkTargets.get(path);
    if (link !== undefined) stateReplaced(path, link);
    if (kind === 'directory') return;
    // If the path is below a link of a lower layer, the files are elsewhere and remain.
    if (this.#nodes.hasBelow(path))
      this.remark(
        path,
        'replaces a directory that has files of the same layer: some runtimes may keep these',
      );
    this.#linkTargets.removeBelow(path, stateReplaced);
    // Markers below a path apply to the directory that was there. They have no effect once it is replaced.
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
        this.remark(path, 'a sparse file with a malformed map');
        return;
      }
      this.#files.set(path, whole);
      this.#keptBytes += whole.length;
    });
  }

  /** Records something that was skipped, so that the report shows it. */
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

/** Sends the bytes to both sinks: several collectors may need a file. */
function teeSinks(first: PayloadSink | undefined, second: PayloadSink | undefined): PayloadSink | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    write: (bytes) => {
      if (first.isSated !== true) first.write(bytes);
      if (second.isSated !== true) second.write(bytes);
    },
    close: () => {
      first.close();
      second.close();
    },
    get isSated() {
      return first.isSated === true && second.isSated === true;
    },
    recordedBytes: Math.max(
      first.recordedBytes ?? Number.POSITIVE_INFINITY,
      second.recordedBytes ?? Number.POSITIVE_INFINITY,
    ),
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
