const executable = 2;
const sharedObject = 3;

/** A part of an ELF file that is mapped into memory, or that says something about it. */
export interface ElfSegment {
  readonly kind: 'load' | 'note' | 'other';
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  /** Place in the file. */
  readonly offset: number;
  readonly size: number;
}

/** What the beginning of an ELF file says. System V ABI, "Object Files". */
export interface ElfHead {
  /** Whether it can be run or loaded: objects to be linked, kernel modules among them, and core dumps cannot. */
  readonly isProgram: boolean;
  /** Those that the given bytes describe. */
  readonly segments: readonly ElfSegment[];
}

/** Whether bytes begin as those of an ELF file. */
export function beginsAsElf(bytes: Uint8Array, at: number = 0): boolean {
  return bytes[at] === 0x7f && bytes[at + 1] === 0x45 && bytes[at + 2] === 0x4c && bytes[at + 3] === 0x46;
}

/** Reads the beginning of an ELF file; undefined where it is none. What lies outside of the bytes is left out. */
export function readElfHead(bytes: Buffer): ElfHead | undefined {
  const [wordBytes, order] = [bytes[4], bytes[5]];
  if (!beginsAsElf(bytes) || bytes.length < 52 || (wordBytes !== 1 && wordBytes !== 2)) return undefined;
  if (order !== 1 && order !== 2) return undefined;
  const reader = new Reader(bytes, wordBytes === 2, order === 1);
  const type = reader.half(16);
  return { isProgram: type === executable || type === sharedObject, segments: [...segmentsOf(reader)] };
}

/** Places of the fields of a file and of its segments. */
const layouts = {
  32: { start: 28, entryBytes: 42, count: 44, entry: 32, flags: 24, offset: 4, size: 16 },
  64: { start: 32, entryBytes: 54, count: 56, entry: 56, flags: 4, offset: 8, size: 32 },
} as const;

function* segmentsOf(reader: Reader): Generator<ElfSegment> {
  const layout = layouts[reader.is64 ? 64 : 32];
  const entryBytes = reader.half(layout.entryBytes);
  const count = reader.half(layout.count);
  if (entryBytes < layout.entry) return;
  for (let i = 0, at = reader.word(layout.start); i < count; at += entryBytes, i++) {
    if (at + entryBytes > reader.length) return;
    const flags = reader.int(at + layout.flags);
    yield {
      kind: segmentKinds[reader.int(at)] ?? 'other',
      isWritable: (flags & 2) !== 0,
      isExecutable: (flags & 1) !== 0,
      offset: reader.word(at + layout.offset),
      size: reader.word(at + layout.size),
    };
  }
}

const segmentKinds: Readonly<Record<number, ElfSegment['kind']>> = { 1: 'load', 4: 'note' };

/** Reads numbers of the width and order of bytes that a file has. */
class Reader {
  readonly #bytes: Buffer;
  readonly is64: boolean;
  readonly #isLittle: boolean;

  constructor(bytes: Buffer, is64: boolean, isLittle: boolean) {
    this.#bytes = bytes;
    this.is64 = is64;
    this.#isLittle = isLittle;
  }

  get length(): number {
    return this.#bytes.length;
  }

  half(at: number): number {
    if (at + 2 > this.length) return 0;
    return this.#isLittle ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  int(at: number): number {
    if (at + 4 > this.length) return 0;
    return this.#isLittle ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  /** An address or offset; one that no file can have is beyond the end of every file. */
  word(at: number): number {
    if (!this.is64) return this.int(at);
    const low = this.int(this.#isLittle ? at : at + 4);
    const high = this.int(this.#isLittle ? at + 4 : at);
    return high * 2 ** 32 + low;
  }
}
