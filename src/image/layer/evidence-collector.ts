import { limits } from '../../core/limits.ts';
import { isElfProgram } from '../../kit/elf.ts';
import { boundedPath, parentOf } from '../../kit/tar/path.ts';
import { collectPayload, type PayloadSink, type SparseForm, type TarEntry } from '../../kit/tar/walker.ts';
import { evidenceByLinkName, evidenceByName } from '../../model/evidence/by-name.ts';
import { type EvidenceKind, evidenceKinds } from '../../model/evidence/kinds.ts';
import type { EvidenceLink, LayerEvidence } from '../../model/evidence/layer-evidence.ts';
import { isDataName, placeOfFiles } from '../../model/evidence/program-names.ts';
import {
  archivedEvidence,
  contentBytesMin,
  contentKind,
  describesInstalled,
  isAssembly,
  isBundle,
  mayBeBundle,
} from './file-content.ts';
import { ProgramClassifier } from './program-kind.ts';
import { beginningOfSparse } from './sparse.ts';

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
  #charactersLeft: number = limits.evidenceCharactersPerLayer;

  constructor(inspection: ProgramInspection) {
    this.#inspection = inspection;
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
    };
  }

  /** Records a whiteout. Whiteouts beyond the limit hide nothing, so possibly removed files are counted. */
  addWhiteout(path: string): void {
    if (this.#hasRoomForMarker(path)) this.#whiteouts.add(path);
  }

  addOpaque(directory: string): void {
    if (this.#hasRoomForMarker(directory)) this.#opaques.add(directory);
  }

  #hasRoomForMarker(path: string): boolean {
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
      case 'directory':
      case 'global-header':
      case 'other':
        return undefined;
    }
  }

  #visitSymbolicLink({ path, target }: TarEntry): void {
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
    if (!this.#found.has(linked) && !this.#targets.has(linked) && isNamedData(path) && isNamedData(linked))
      return;
    const before = this.#links.get(linked);
    const first = before?.by === 'hard-link' ? before.target : linked;
    this.#addLink({ by: 'hard-link', path, target: first }, 'generic');
    if (this.#links.has(path)) this.#targets.add(first).add(path);
  }

  #visitFile(entry: TarEntry): PayloadSink | undefined {
    const { path, size } = entry;
    const named = evidenceByName(path);
    if (named !== undefined) {
      this.#add(named.path, named.kind);
      return undefined;
    }
    this.#forget(path);
    if (entry.sparse !== undefined)
      return sparseSink(size, entry.sparse, (kind) => {
        this.#add(path, kind);
      });
    if (size < contentBytesMin) return undefined;
    return new ContentSink(entry, this.#inspection, (kind, isKnown) => {
      this.#add(path, kind);
      if (!isKnown && this.#found.has(path)) this.#unread.set(path, { path, offset: entry.offset, size });
    });
  }

  /** Removes a file that is replaced. If it has other names, these remain, since they refer to the old content. */
  #forget(path: string): void {
    if (this.#targets.has(path)) return;
    this.#found.delete(path);
    this.#unread.delete(path);
  }

  #add(path: string, kind: EvidenceKind): void {
    if (this.#found.has(path)) return;
    if (this.#hasRoom(path.length)) this.#found.set(path, kind);
    else this.#cut.add(kind);
  }

  #addLink(link: EvidenceLink, kind: EvidenceKind): void {
    if (this.#hasRoom(link.path.length + link.target.length)) this.#links.set(link.path, link);
    else this.#cut.add(kind);
  }

  #hasRoom(characters: number): boolean {
    return this.#found.size + this.#links.size < limits.evidencePerLayer && this.#takeCharacters(characters);
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

/** Records the kind of evidence in a file, and whether it is final. */
type Take = (kind: EvidenceKind, isKnown: boolean) => void;

/** Bytes at the start of a file that identify it, except programs. */
const headBytes = 1024;
/** Maximum size of the description of an R package in bytes; real ones have a few thousand. */
const descriptionBytes = 64 * 1024;
/** Stored bytes of a sparse file that must contain its map and its start. */
const sparseHeadBytes = 64 * 1024;

/** Inspects the first bytes of a file. For a program, inspects as many as its classification needs. */
class ContentSink implements PayloadSink {
  readonly #entry: TarEntry;
  readonly #inspection: ProgramInspection;
  readonly #take: Take;
  readonly #wantedBytes: number;
  #head: Buffer | undefined;
  #program: ProgramClassifier | undefined;
  isSated = false;

  constructor(entry: TarEntry, inspection: ProgramInspection, take: Take) {
    this.#entry = entry;
    this.#inspection = inspection;
    this.#take = take;
    this.#wantedBytes = isDescription(entry.path) ? descriptionBytes : headBytes;
  }

  write(bytes: Buffer): void {
    if (this.isSated) return;
    if (this.#program !== undefined) {
      this.#program.write(bytes);
      this.isSated = this.#program.isDone;
      return;
    }
    const head = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes]);
    if (head.length < Math.min(this.#wantedBytes, this.#entry.size)) this.#head = Buffer.from(head);
    else this.#begin(head);
  }

  close(): void {
    const kind = this.#program?.kind();
    if (kind !== undefined) this.#take(kind, true);
  }

  #begin(head: Buffer): void {
    this.isSated = true;
    switch (contentKind(head)) {
      case 'elf':
        this.#beginProgram(head);
        return;
      case 'zip':
      case 'script':
        this.#takeKind(archivedEvidence(head));
        return;
      case 'pe':
        if (isAssembly(head)) this.#takeKind('nuget');
        return;
      case undefined:
        if (isDescription(this.#entry.path) && describesInstalled(head)) this.#takeKind('cran');
        if (mayBeBundle(this.#entry.path) && isBundle(head)) this.#takeKind('bundled-js');
    }
  }

  #takeKind(kind: EvidenceKind | undefined): void {
    if (kind !== undefined) this.#take(kind, true);
  }

  #beginProgram(head: Buffer): void {
    if (!isElfProgram(head)) return;
    if (this.#inspection === 'later') {
      this.#take('generic', false);
      return;
    }
    this.#program = new ProgramClassifier(this.#entry.size);
    this.#program.write(head);
    this.isSated = this.#program.isDone;
  }
}

/** Inspects the start of a sparse file. If it cannot be identified, the file counts as a program. */
function sparseSink(size: number, sparse: SparseForm, take: (kind: EvidenceKind) => void): PayloadSink {
  return collectPayload(Math.min(size, sparseHeadBytes), (stored) => {
    const head = beginningOfSparse(stored, sparse, headBytes);
    if (head === undefined) {
      take('generic');
      return;
    }
    const content = contentKind(head);
    if (content === 'elf') take('generic');
    else if (content === 'pe' && isAssembly(head)) take('nuget');
    else if (content === 'zip' || content === 'script') {
      const kind = archivedEvidence(head);
      if (kind !== undefined) take(kind);
    }
  });
}

function isDescription(path: string): boolean {
  return path.endsWith('/DESCRIPTION');
}
