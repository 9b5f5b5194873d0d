/** Content of an ELF file. */
export interface ElfPlan {
  /** `e_type`: 2 is a program, 3 a library or position-independent program, 1 an object to be linked. */
  readonly type?: number;
  readonly is32?: boolean;
  readonly isBigEndian?: boolean;
  /** Content of its note, such as Go's with a build id. */
  readonly note?: string;
  /** Read-only content that is not executable. Without it, the linker has made no segment for constants. */
  readonly constants?: string;
  /** Read-only content beside code, and writable content. */
  readonly text?: string;
  readonly data?: string;
  /** The beginnings of writable sections. The table of sections then follows the program headers, as Go writes it. */
  readonly sections?: readonly string[];
}

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly content: Buffer;
}

/** Encodes an ELF file: header, program headers, and the segments. System V ABI, "Object Files". */
export function writeElf(plan: ElfPlan = {}): Buffer {
  const { type = 3, is32 = false, isBigEndian = false, sections = [] } = plan;
  const segments = segmentsOf(plan);
  const layout = layouts[is32 ? 32 : 64];
  const sectionTable = layout.header + segments.length * layout.entry;
  const head = Buffer.alloc(sectionTable + sections.length * layout.section.entry);
  const put = (value: number, at: number, bytes: number): void => {
    for (let i = 0; i < bytes; i++)
      head[isBigEndian ? at + bytes - 1 - i : at + i] = Math.floor(value / 2 ** (8 * i)) % 256;
  };
  head.set([0x7f, 0x45, 0x4c, 0x46, is32 ? 1 : 2, isBigEndian ? 2 : 1, 1]);
  put(type, 16, 2);
  put(layout.header, layout.start, layout.word);
  put(layout.entry, layout.entryBytes, 2);
  put(segments.length, layout.count, 2);
  let offset = head.length;
  for (const [i, { type: kind, flags, content }] of segments.entries()) {
    const at = layout.header + i * layout.entry;
    put(kind, at, 4);
    put(flags, at + layout.flags, 4);
    put(offset, at + layout.offset, layout.word);
    put(baseAddress + offset, at + layout.address, layout.word);
    put(content.length, at + layout.size, layout.word);
    offset += content.length;
  }
  const content = Buffer.concat(segments.map((segment) => segment.content));
  if (sections.length > 0) {
    put(sectionTable, layout.sections, layout.word);
    put(layout.section.entry, layout.sectionBytes, 2);
    put(sections.length, layout.sectionCount, 2);
  }
  for (const [i, start] of sections.entries()) {
    const at = sectionTable + i * layout.section.entry;
    put(1, at + layout.section.type, 4);
    put(3, at + layout.section.flags, layout.word);
    put(head.length + content.indexOf(start, 0, 'latin1'), at + layout.section.offset, layout.word);
    put(start.length, at + layout.section.size, layout.word);
  }
  return Buffer.concat([head, content]);
}

/** Appends content that is not loaded, such as a section of cargo-auditable, and says where the table of sections would follow. */
export function withUnloaded(plan: Omit<ElfPlan, 'is32' | 'isBigEndian'>, content: Buffer): Buffer {
  const bytes = Buffer.concat([writeElf(plan), content]);
  bytes.writeBigUInt64LE(BigInt(bytes.length), 40);
  return bytes;
}

/** Address in memory of the first byte of the file. */
const baseAddress = 0x400000;

const layouts = {
  32: {
    header: 52,
    entry: 32,
    word: 4,
    start: 28,
    entryBytes: 42,
    count: 44,
    flags: 24,
    offset: 4,
    address: 8,
    size: 16,
    sections: 32,
    sectionBytes: 46,
    sectionCount: 48,
    section: { entry: 40, type: 4, flags: 8, offset: 16, size: 20 },
  },
  64: {
    header: 64,
    entry: 56,
    word: 8,
    start: 32,
    entryBytes: 54,
    count: 56,
    flags: 4,
    offset: 8,
    address: 16,
    size: 32,
    sections: 40,
    sectionBytes: 58,
    sectionCount: 60,
    section: { entry: 64, type: 4, flags: 8, offset: 24, size: 32 },
  },
} as const;

function segmentsOf({ note, constants, text = 'text', data = 'data' }: ElfPlan): Segment[] {
  const segment = (type: number, flags: number, content: string): Segment => ({
    type,
    flags,
    content: Buffer.from(content, 'latin1'),
  });
  return [
    ...(note === undefined ? [] : [segment(4, 4, note)]),
    segment(1, 5, text),
    ...(constants === undefined ? [] : [segment(1, 4, constants)]),
    segment(1, 6, data),
  ];
}

/** Minimal programs of each kind. */
export const samplePrograms = {
  generic: writeElf(),
  golang: writeElf({ note: '\x04\0\0\0\x08\0\0\0\x04\0\0\0Go\0\0buildid1' }),
  cargo: writeElf({ text: 'thread panicked at /rustc/0123456789abcdef/library/core/src/option.rs' }),
} as const;
