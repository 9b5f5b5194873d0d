import { sha256Of } from '../../kit/sha256.ts';
import type { ProgramPart, ProgramParts } from '../../plugin/package-lister.ts';
import type { ArchiveKind } from './archive-search.ts';
import type { ProgramKind, WantedOfProgram } from './program-scan.ts';

/** The result of a scan of a program. Call `parts` once. */
export interface ScannedProgram {
  kind(): ProgramKind | undefined;
  /** Returns the kind of the archive that the file is, or that follows the program. */
  archive(): ArchiveKind | undefined;
  parts(): readonly ProgramParts[];
  /** Frees the memory of the parts. */
  free(): void;
}

/** Takes what scans of programs find, while an extract is written. */
export interface ProgramRecorder {
  /** `offset`: that of the content of the file in the archive of the layer. The parts are valid only during the call. */
  addProgram(offset: number, wanted: WantedOfProgram, program: FoundProgram): void;
}

/** Programs of an extract, which has their parts instead of their bytes. */
export interface KnownPrograms {
  /** Undefined unless the extract has what is wanted of the program. Its bytes are then needed. */
  find(offset: number, wanted: WantedOfProgram): ScannedProgram | undefined;
}

/** The receiver of the results of programs while an extract is written, or their source while one is read. */
export interface ExtractPrograms {
  readonly recorder?: ProgramRecorder | undefined;
  readonly known?: KnownPrograms | undefined;
}

/** The kind and the parts of a program; several lists of parts for several programs in one file. An archive has no kind of a program. */
export interface FoundProgram {
  readonly kind: ProgramKind | undefined;
  readonly archive: ArchiveKind | undefined;
  readonly parts: readonly ProgramParts[];
}

/** A program of an extract, and the hash of what was wanted of it. */
interface RecordedProgram extends FoundProgram {
  readonly wanted: string;
}

/** Thrown if a layer must be read whole, since the extract lacks a part that is wanted now. */
export class ExtractMissError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExtractMissError';
  }
}

/** The head of a record as JSON: offset, hash of what was wanted, kinds, and for each program the names and sizes of its parts. */
type RecordHead = readonly [
  offset: number,
  wanted: string,
  kind: ProgramKind | null,
  archive: ArchiveKind | null,
  parts: readonly (readonly (readonly [ProgramPart, number])[])[],
];

const lengthBytes = 4;
const hashCharacters = 32;

/** Returns a record of a program: the length of its head, the head, and the parts. */
export function writeProgramRecord(
  offset: number,
  wanted: WantedOfProgram,
  { kind, archive, parts }: FoundProgram,
): Buffer {
  const sizes = parts.map((ofProgram) =>
    Array.from(ofProgram, ([part, { length }]) => [part, length] as const),
  );
  const head: RecordHead = [offset, hashOfWanted(wanted), kind ?? null, archive ?? null, sizes];
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, ...parts.flatMap((ofProgram) => [...ofProgram.values()])]);
}

/** The programs of an extract, by their offsets. */
export class RecordedPrograms implements KnownPrograms {
  readonly #byOffset = new Map<number, RecordedProgram>();

  /** Adds the records of a block. */
  add(block: Buffer): void {
    for (let at = 0; at < block.length; ) {
      const textAt = at + lengthBytes;
      const partsAt = textAt + block.readUInt32BE(at);
      // The text was written by `writeProgramRecord`, and the extract has its digest.
      const text = block.toString('utf8', textAt, partsAt);
      const [offset, wanted, kind, archive, sizes] = JSON.parse(text) as RecordHead;
      at = partsAt;
      const parts = sizes.map(
        (ofProgram) =>
          new Map(
            ofProgram.map(([part, size]) => {
              at += size;
              return [part, block.subarray(at - size, at)] as const;
            }),
          ),
      );
      this.#byOffset.set(offset, {
        wanted,
        kind: kind ?? undefined,
        archive: archive ?? undefined,
        parts,
      });
    }
  }

  find(offset: number, wanted: WantedOfProgram): ScannedProgram | undefined {
    const program = this.#byOffset.get(offset);
    if (program?.wanted !== hashOfWanted(wanted)) return undefined;
    const { kind, archive, parts } = program;
    return { kind: () => kind, archive: () => archive, parts: () => parts, free: () => undefined };
  }
}

/** Returns a hash that is equal if the same is wanted of a program. */
function hashOfWanted({ parts, texts }: WantedOfProgram): string {
  return sha256Of(JSON.stringify([[...parts].sort(), texts])).slice(0, hashCharacters);
}
