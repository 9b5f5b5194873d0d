import { limits } from '../../core/limits.ts';
import { boundedPath, parentOf } from '../../kit/tar/path.ts';
import type { PayloadSink, TarEntry } from '../../kit/tar/walker.ts';
import { evidenceByLinkName, evidenceByName } from '../../model/evidence/by-name.ts';
import { type EvidenceKind, evidenceKinds, storeDatabases } from '../../model/evidence/kinds.ts';
import type { EvidenceLink, LayerEvidence } from '../../model/evidence/layer-evidence.ts';
import { isDataName, placeOfFiles } from '../../model/evidence/program-names.ts';
import { ContentSink, sparseSink } from './content-sink.ts';
import type { ExtractPrograms, ScannedProgram } from './extract-programs.ts';
import { contentBytesMin } from './file-content.ts';
import { RecordedNames } from './name-hashes.ts';
import type { ImmediateListing } from './package-file-collector.ts';
import { ProgramListings } from './program-listings.ts';
import type { WantedOfProgram } from './program-scan.ts';

/** A program that must be read again to find its kind. */
export interface UnreadProgram {
  /** Offset in the archive of its layer. */
  readonly offset: number;
  readonly size: number;
  /** Path of the file itself if the name is a hard link. */
  readonly path: string;
}

/** When programs are classified: `now`, as the bytes stream, or `later`, when files can be read again. */
export type ProgramInspection = 'now' | 'later';

/** The evidence in a layer, and the programs that must be read again to find their kind. */
export interface CollectedEvidence extends LayerEvidence {
  readonly unread: ReadonlyMap<string, UnreadProgram>;
  /** The packages of the programs. Those of programs that must be read again are added later. */
  readonly programs: ProgramListings;
}

/** Collects evidence of packages that no lister reads from the members of a layer. */
export class EvidenceCollector {
  readonly #inspection: ProgramInspection;
  readonly #found = new Map<string, EvidenceKind>();
  readonly #unread = new Map<string, UnreadProgram>();
  readonly #links = new Map<string, EvidenceLink>();
  /** Paths of files that have several names. */
  readonly #targets = new Set<string>();
  readonly #whiteouts = new Set<string>();
  readonly #opaques = new Set<string>();
  readonly #cut = new Set<EvidenceKind>();
  readonly #programs: ProgramListings;
  /** The paths of evidence. A later member at such a path must be visited. */
  readonly recordedNames = new RecordedNames();
  readonly #extract: ExtractPrograms;
  #charactersLeft: number = limits.evidenceCharactersPerLayer;

  constructor(inspection: ProgramInspection, listing?: ImmediateListing, extract: ExtractPrograms = {}) {
    this.#inspection = inspection;
    this.#extract = extract;
    this.#programs = new ProgramListings(listing);
  }

  finish(): CollectedEvidence {
    const byKind = Map.groupBy(this.#found, ([, kind]) => kind);
    return {
      found: evidenceKinds.flatMap((kind) => {
        const paths = byKind.get(kind)?.map(([path]) => path);
        return paths === undefined ? [] : [{ kind, paths }];
      }),
      links: [...this.#links.values()],
      whiteouts: [...this.#whiteouts],
      opaques: [...this.#opaques],
      cut: evidenceKinds.filter((kind) => this.#cut.has(kind)),
      unread: this.#unread,
      programs: this.#programs,
    };
  }

  /** Records a whiteout. Whiteouts beyond the limit hide nothing, so possibly removed files are counted. */
  addWhiteout(path: string): void {
    if (this.#admitsMarker(path)) this.#whiteouts.add(path);
  }

  addOpaque(directory: string): void {
    if (this.#admitsMarker(directory)) this.#opaques.add(directory);
  }

  #admitsMarker(path: string): boolean {
    if (this.#whiteouts.size + this.#opaques.size >= limits.evidenceMarkersPerLayer) return false;
    return this.#takeCharacters(path.length);
  }

  /** Visits a member. Returns a sink if it needs the bytes. */
  visit(entry: TarEntry): PayloadSink | undefined {
    this.#links.delete(entry.path);
    switch (entry.type) {
      case 'symbolic-link':
        this.#visitSymbolicLink(entry);
        return undefined;
      case 'hard-link':
        this.#visitHardLink(entry);
        return undefined;
      case 'file':
        return this.#visitFile(entry);
      case 'other':
        this.#forget(entry.path);
        return undefined;
      case 'directory':
      case 'global-header':
        return undefined;
    }
  }

  #visitSymbolicLink({ path, target }: TarEntry): void {
    this.#forget(path);
    const named = evidenceByLinkName(path, target);
    if (named !== undefined)
      this.#addLink({ by: 'symbolic-link', kind: named.kind, path, target }, named.kind);
  }

  #visitHardLink({ path, target }: TarEntry): void {
    const named = evidenceByName(path);
    if (named !== undefined) {
      this.#add(named.path, named.kind);
      return;
    }
    const linked = boundedPath(target);
    if (path !== linked) this.#forget(path);
    if (!this.#found.has(linked) && !this.#targets.has(linked) && isNamedData(path) && isNamedData(linked))
      return;
    const before = this.#links.get(linked);
    const first = before?.by === 'hard-link' ? before.target : linked;
    this.#addLink({ by: 'hard-link', path, target: first }, 'generic');
    if (this.#links.has(path)) this.#targets.add(first).add(path);
  }

  #visitFile(entry: TarEntry): PayloadSink | undefined {
    const { path, size } = entry;
    this.#forget(path);
    const named = evidenceByName(path);
    if (named !== undefined) this.#add(named.path, named.kind);
    // A directory of a store is evidence as a whole, whatever it contains.
    if (named !== undefined && named.kind in storeDatabases) return undefined;
    if (entry.sparse !== undefined)
      return sparseSink(size, entry.sparse, (kind) => {
        this.#addContent(path, kind);
      });
    if (size < contentBytesMin) return undefined;
    const listings = this.#inspection === 'now' ? this.#programs : undefined;
    const isNamed = named?.path === path;
    return new ContentSink(
      entry,
      { listings, extract: this.#extract, isNamed },
      {
        isEvidence: (kind) => {
          this.#addContent(path, kind);
        },
        isUnreadProgram: (isElf) => {
          this.#addUnread({ path, offset: entry.offset, size }, isElf);
        },
        isProgram: (scan, wanted) => {
          this.#addProgram(entry, scan, wanted);
        },
      },
    );
  }

  /** Adds a program that is read later. Until then, only those of ELF are evidence. */
  #addUnread(program: UnreadProgram, isElf: boolean): void {
    const { path } = program;
    if (isElf) this.#addContent(path, 'generic');
    else if (this.#unread.size >= limits.evidencePerLayer || !this.#takeCharacters(path.length)) return;
    if (isElf && !this.#found.has(path)) return;
    this.#unread.set(path, program);
    this.recordedNames.add(path);
  }

  #addProgram({ path, offset }: TarEntry, scan: ScannedProgram, wanted: WantedOfProgram): void {
    const [kind, archive] = [scan.kind(), scan.archive()];
    const { recorder } = this.#extract;
    const counted = kind ?? archive;
    if (counted !== undefined) this.#addContent(path, counted);
    const isFound = kind !== undefined && this.#found.has(path);
    const parts = isFound || recorder !== undefined ? scan.parts() : [];
    recorder?.addProgram(offset, wanted, { kind, archive, parts });
    if (isFound) this.#programs.add(path, parts, archive);
    scan.free();
  }

  /** Removes a file that is replaced. If it has other names, these remain, since they refer to the old content. */
  #forget(path: string): void {
    if (this.#targets.has(path)) return;
    this.#found.delete(path);
    this.#unread.delete(path);
    this.#programs.delete(path);
  }

  /** Counts a file as a program of unknown kind. */
  assumeProgram(path: string): void {
    this.#add(path, 'generic');
  }

  /** Adds what the content of a file is. It replaces what its name says, except for a script of a known name. */
  #addContent(path: string, kind: EvidenceKind): void {
    if (this.#found.has(path) && kind !== 'bundled-js') this.#found.set(path, kind);
    else this.#add(path, kind);
  }

  #add(path: string, kind: EvidenceKind): void {
    if (!this.#found.has(path) && this.#admit(path, path.length, kind)) this.#found.set(path, kind);
  }

  #addLink(link: EvidenceLink, kind: EvidenceKind): void {
    if (this.#admit(link.path, link.path.length + link.target.length, kind)) this.#links.set(link.path, link);
  }

  /** Returns whether evidence is within the limits. Records its path then, and otherwise that its kind is cut. */
  #admit(path: string, characters: number, kind: EvidenceKind): boolean {
    const isWithin =
      this.#found.size + this.#links.size < limits.evidencePerLayer && this.#takeCharacters(characters);
    if (isWithin) this.recordedNames.add(path);
    else this.#cut.add(kind);
    return isWithin;
  }

  #takeCharacters(characters: number): boolean {
    if (characters > this.#charactersLeft) return false;
    this.#charactersLeft -= characters;
    return true;
  }
}

/** Whether a path has the name of a data file. Its hard links matter only if its content is evidence. */
function isNamedData(path: string): boolean {
  return (
    isDataName(path, path.lastIndexOf('/') + 1, path.length) ||
    placeOfFiles(parentOf(path)).programs === 'none'
  );
}
