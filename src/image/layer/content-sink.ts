import { collectPayload, type PayloadSink, type SparseForm, type TarEntry } from '../../kit/tar/walker.ts';
import type { EvidenceKind } from '../../model/evidence/kinds.ts';
import { ArchiveSearch } from './archive-search.ts';
import type { ExtractPrograms, ScannedProgram } from './extract-programs.ts';
import {
  archivedEvidence,
  contentKind,
  describesInstalled,
  isAssembly,
  isBundle,
  mayBeBundle,
} from './file-content.ts';
import type { ProgramListings } from './program-listings.ts';
import { mayBeProgram, ProgramScan, type WantedOfProgram } from './program-scan.ts';
import { beginningOfSparse } from './sparse.ts';

/** Receives what the content of a file is. */
export interface ContentReceiver {
  isEvidence(kind: EvidenceKind): void;
  /** It is a program that must be read again. */
  isUnreadProgram(isElf: boolean): void;
  /** It was scanned as a program. */
  isProgram(scan: ScannedProgram, wanted: WantedOfProgram): void;
}

/** Says what is wanted of programs, and what an extract has of them and of archives. */
export interface ContentContext {
  /** Absent if programs are read later. */
  readonly listings: Pick<ProgramListings, 'wantedOf'> | undefined;
  readonly extract: ExtractPrograms;
  /** Whether the name of the file shows what it is. Then the files of an archive do not matter. */
  readonly isNamed: boolean;
}

/** Bytes at the start of a file that identify it, except programs and archives. */
const headBytes = 1024;
/** The wish for an archive: only its kind. */
const nothingWanted: WantedOfProgram = { parts: new Set(), texts: [] };
/** Maximum size of the description of an R package in bytes; real ones have a few thousand. */
const descriptionBytes = 64 * 1024;
/** Stored bytes of a sparse file that must contain its map and its start. */
const sparseHeadBytes = 64 * 1024;

/** Inspects the first bytes of a file. For a program, inspects as many as its parts need, and for an archive, up to its directory. */
export class ContentSink implements PayloadSink {
  readonly #entry: TarEntry;
  readonly #context: ContentContext;
  readonly #receiver: ContentReceiver;
  /** An extract has the parts of a program, so no more of the program is recorded. */
  readonly recordedBytes: number;
  #head: Buffer | undefined;
  #scan: ProgramScan | undefined;
  #search: ArchiveSearch | undefined;
  #program: { readonly found: ScannedProgram; readonly wanted: WantedOfProgram } | undefined;
  isSated = false;

  constructor(entry: TarEntry, context: ContentContext, receiver: ContentReceiver) {
    this.#entry = entry;
    this.#context = context;
    this.#receiver = receiver;
    this.recordedBytes = isDescription(entry.path) ? descriptionBytes : headBytes;
  }

  write(bytes: Buffer): void {
    if (this.isSated) return;
    if (this.#scan !== undefined) {
      this.#scan.write(bytes);
      this.isSated = this.#scan.isDone;
      return;
    }
    if (this.#search !== undefined) {
      this.#search.write(bytes);
      this.isSated = this.#search.kind !== undefined;
      return;
    }
    const head = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes]);
    if (head.length < Math.min(this.recordedBytes, this.#entry.size)) this.#head = Buffer.from(head);
    else this.#begin(head);
  }

  close(): void {
    if (this.#program !== undefined) this.#receiver.isProgram(this.#program.found, this.#program.wanted);
    if (this.#search === undefined) return;
    const { kind: archive } = this.#search;
    const found = { kind: undefined, archive, parts: [] };
    this.#context.extract.recorder?.addProgram(this.#entry.offset, nothingWanted, found);
    this.#takeKind(archive);
  }

  #begin(read: Buffer): void {
    this.isSated = true;
    // The result must not depend on how the stream is cut.
    const head = read.subarray(0, this.recordedBytes);
    switch (contentKind(head)) {
      case 'elf':
      case 'mach-o':
        this.#beginProgram(read);
        return;
      case 'zip':
      case 'script':
        this.#beginArchive(read, head);
        return;
      case 'pe':
        if (isAssembly(head, this.#entry.size)) this.#takeKind('nuget');
        else this.#beginProgram(read);
        return;
      case undefined:
        if (isDescription(this.#entry.path) && describesInstalled(head)) this.#takeKind('cran');
        if (mayBeBundle(this.#entry.path) && isBundle(head)) this.#takeKind('bundled-js');
    }
  }

  #takeKind(kind: EvidenceKind | undefined): void {
    if (kind !== undefined) this.#receiver.isEvidence(kind);
  }

  /** Searches an archive whose first file does not show its kind. `read`: the bytes of the file that were written. */
  #beginArchive(read: Buffer, head: Buffer): void {
    const kind = archivedEvidence(head);
    const known = this.#context.extract.known?.find(this.#entry.offset, nothingWanted);
    if (kind !== undefined || known !== undefined || this.#context.isNamed) {
      this.#takeKind(kind ?? known?.archive());
      return;
    }
    this.#search = new ArchiveSearch();
    this.#search.write(read);
    this.isSated = this.#search.kind !== undefined;
  }

  /** `read`: the bytes of the file that were written. */
  #beginProgram(read: Buffer): void {
    if (!mayBeProgram(read)) return;
    const { listings, extract } = this.#context;
    if (listings === undefined) {
      this.#receiver.isUnreadProgram(contentKind(read) === 'elf');
      return;
    }
    const wanted = listings.wantedOf(this.#entry.path);
    const found = extract.known?.find(this.#entry.offset, wanted);
    if (found !== undefined) {
      this.#program = { found, wanted };
      return;
    }
    this.#scan = new ProgramScan(this.#entry.size, wanted);
    this.#program = { found: this.#scan, wanted };
    this.#scan.write(read);
    this.isSated = this.#scan.isDone;
  }
}

/** Inspects the start of a sparse file. If it cannot be identified, the file counts as a program. */
export function sparseSink(
  size: number,
  sparse: SparseForm,
  take: (kind: EvidenceKind) => void,
): PayloadSink {
  const recordedBytes = Math.min(size, sparseHeadBytes);
  const sink = collectPayload(recordedBytes, (stored) => {
    const head = beginningOfSparse(stored, sparse, headBytes);
    if (head === undefined) {
      take('generic');
      return;
    }
    const content = contentKind(head);
    if (content === 'elf') take('generic');
    else if (content === 'pe' && isAssembly(head, size)) take('nuget');
    else if (content === 'zip' || content === 'script') take(archivedEvidence(head) ?? 'generic');
  });
  return { ...sink, recordedBytes };
}

function isDescription(path: string): boolean {
  return path.endsWith('/DESCRIPTION');
}
