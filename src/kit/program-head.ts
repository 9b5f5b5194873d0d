/** A range of bytes of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

/** A part of a program that is loaded into memory. */
export interface ProgramSegment extends ByteRange {
  readonly address: number;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
}

/** A section that is mapped into memory, without its name. */
export interface LoadedSection extends ByteRange {
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
}

/** The header of a program or library. */
export interface ProgramHead {
  readonly format: 'elf' | 'pe' | 'mach-o';
  readonly isBigEndian: boolean;
  /** The segments that the given bytes describe. */
  readonly segments: readonly ProgramSegment[];
  /** Notes for people and tools. Only ELF has them. */
  readonly notes: readonly ByteRange[];
  /** Sections by name. Empty for ELF, which names them at its end. */
  readonly sections: ReadonlyMap<string, ByteRange>;
  /** The table of sections of ELF. Most linkers write it at the end. */
  readonly sectionTable?: number;
  /** The sections of ELF that are mapped into memory. Absent if their table is not in the first bytes, where Go writes it. */
  readonly loadedSections?: readonly LoadedSection[];
}
