const executable = 2;
const sharedObject = 3;

/** A segment of an ELF file: a part that is mapped into memory or describes the program. */
export interface ElfSegment {
  readonly kind: 'load' | 'note' | 'other';
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  /** Address in memory. */
  readonly address: number;
  /** Byte offset in the file. */
  readonly offset: number;
  readonly size: number;
}

/** A part of an ELF file by its kind of content. */
export interface ElfSection {
  /** Whether it is mapped into memory. */
  readonly isLoaded: boolean;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  readonly offset: number;
  readonly size: number;
}

/** The header of an ELF file. System V ABI, "Object Files". */
export interface ElfHead {
  /** Whether it can be run or loaded. Object files to be linked, kernel modules and core dumps cannot. */
  readonly isProgram: boolean;
  readonly isBigEndian: boolean;
  /** Byte offset of the table of sections. */
  readonly sectionTable: number;
  /** The segments that the given bytes describe. */
  readonly segments: readonly ElfSegment[];
  /** The sections, without their names. Empty unless the given bytes describe all of them. */
  readonly sections: readonly ElfSection[];
}

/** Returns whether bytes begin like those of an ELF file. */
export function hasElfMagic(bytes: Uint8Array, at: number = 0): boolean {
  return bytes[at] === 0x7f && bytes[at + 1] === 0x45 && bytes[at + 2] === 0x4c && bytes[at + 3] === 0x46;
}

/** Returns whether bytes begin an ELF file that can be run or loaded. */
export function isElfProgram(bytes: Buffer): boolean {
  const form = formOf(bytes);
  return form !== undefined && isProgramType(half(bytes, 16, form));
}

/** Reads the header of an ELF file. Undefined if it is not one. Segments described outside the bytes are omitted. */
export function readElfHead(bytes: Buffer): ElfHead | undefined {
  const form = formOf(bytes);
  if (form === undefined) return undefined;
  return {
    isProgram: isProgramType(half(bytes, 16, form)),
    isBigEndian: !form.isLittle,
    sectionTable: word(bytes, layouts[form.is64 ? 64 : 32].sections, form),
    segments: segmentsOf(bytes, form),
    sections: sectionsOf(bytes, form),
  };
}

function isProgramType(type: number): boolean {
  return type === executable || type === sharedObject;
}

/** Width and byte order of numbers in a file. */
interface Form {
  readonly is64: boolean;
  readonly isLittle: boolean;
}

/**
 * Returns the form of a file. Linux ignores what the first bytes state about it: the type of the file shows the byte order, and the size of its
 * segment headers the width. Linux, fs/binfmt_elf.c.
 */
function formOf(bytes: Buffer): Form | undefined {
  if (!hasElfMagic(bytes) || bytes.length < headerBytesMin) return undefined;
  const [first, second] = [bytes[16], bytes[17]];
  const isLittle = (first === 0) === (second === 0) ? bytes[5] !== 2 : first !== 0;
  const isWide = half(bytes, layouts[64].entryBytes, { is64: true, isLittle }) === layouts[64].entry;
  const isNarrow = half(bytes, layouts[32].entryBytes, { is64: false, isLittle }) === layouts[32].entry;
  return { is64: isWide || (!isNarrow && bytes[4] !== 1), isLittle };
}

/** Size of the header of a 32-bit file in bytes. */
const headerBytesMin = 52;

/** Offsets of the fields of a file header, of its segment headers and of its section headers. */
const layouts = {
  32: {
    start: 28,
    sections: 32,
    entryBytes: 42,
    count: 44,
    sectionBytes: 46,
    sectionCount: 48,
    entry: 32,
    flags: 24,
    offset: 4,
    address: 8,
    size: 16,
    section: { entry: 40, type: 4, flags: 8, offset: 16, size: 20 },
  },
  64: {
    start: 32,
    sections: 40,
    entryBytes: 54,
    count: 56,
    sectionBytes: 58,
    sectionCount: 60,
    entry: 56,
    flags: 4,
    offset: 8,
    address: 16,
    size: 32,
    section: { entry: 64, type: 4, flags: 8, offset: 24, size: 32 },
  },
} as const;

function segmentsOf(bytes: Buffer, form: Form): ElfSegment[] {
  const layout = layouts[form.is64 ? 64 : 32];
  const entryBytes = half(bytes, layout.entryBytes, form);
  const count = half(bytes, layout.count, form);
  const segments: ElfSegment[] = [];
  if (entryBytes < layout.entry) return segments;
  for (let i = 0, at = word(bytes, layout.start, form); i < count; at += entryBytes, i++) {
    if (at + entryBytes > bytes.length) break;
    const flags = int(bytes, at + layout.flags, form);
    segments.push({
      kind: segmentKinds[int(bytes, at, form)] ?? 'other',
      isWritable: (flags & 2) !== 0,
      isExecutable: (flags & 1) !== 0,
      address: word(bytes, at + layout.address, form),
      offset: word(bytes, at + layout.offset, form),
      size: word(bytes, at + layout.size, form),
    });
  }
  return segments;
}

/** The type of a section without bytes in the file. */
const noBits = 8;

function sectionsOf(bytes: Buffer, form: Form): ElfSection[] {
  const { sections: start, sectionBytes, sectionCount, section } = layouts[form.is64 ? 64 : 32];
  const first = word(bytes, start, form);
  const entryBytes = half(bytes, sectionBytes, form);
  const count = half(bytes, sectionCount, form);
  if (first === 0 || entryBytes < section.entry || first + count * entryBytes > bytes.length) return [];
  return Array.from({ length: count }, (_, i) => first + i * entryBytes)
    .filter((at) => int(bytes, at + section.type, form) !== noBits)
    .map((at) => {
      const flags = word(bytes, at + section.flags, form);
      return {
        isWritable: (flags & 1) !== 0,
        isLoaded: (flags & 2) !== 0,
        isExecutable: (flags & 4) !== 0,
        offset: word(bytes, at + section.offset, form),
        size: word(bytes, at + section.size, form),
      };
    });
}

const segmentKinds: Readonly<Record<number, ElfSegment['kind']>> = { 1: 'load', 4: 'note' };

function half(bytes: Buffer, at: number, { isLittle }: Form): number {
  const [first, second] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
  return isLittle ? first + second * 0x100 : first * 0x100 + second;
}

function int(bytes: Buffer, at: number, form: Form): number {
  const [first, second] = [half(bytes, at, form), half(bytes, at + 2, form)];
  return form.isLittle ? first + second * 0x10000 : first * 0x10000 + second;
}

/** Reads an address or offset. An impossible one is beyond the end of every file. */
function word(bytes: Buffer, at: number, form: Form): number {
  if (!form.is64) return int(bytes, at, form);
  const [first, second] = [int(bytes, at, form), int(bytes, at + 4, form)];
  return form.isLittle ? first + second * 2 ** 32 : first * 2 ** 32 + second;
}
