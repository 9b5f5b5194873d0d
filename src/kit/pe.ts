import type { ProgramHead, ProgramSegment } from './program-head.ts';

/** Offset of the field with the offset of the file header. Microsoft, "PE Format". */
const headerField = 0x3c;
const signature = Buffer.from('PE\0\0');
const [fileHeaderBytes, sectionBytes] = [20, 40];
const isImageFlag = 0x2;
const [isExecutableFlag, isWritableFlag] = [0x20000000, 0x80000000];
/** Mark of the optional header of a 64-bit program. */
const plusMark = 0x20b;
/** Sections of real programs are some tens. */
const sectionsMax = 96;

/** Reads the header of a portable executable (Windows). Undefined if it is not one, or not a program. */
export function readPeHead(bytes: Buffer): ProgramHead | undefined {
  if (bytes.length < 64 || bytes[0] !== 0x4d || bytes[1] !== 0x5a) return undefined;
  const start = bytes.readUInt32LE(headerField);
  const optional = start + signature.length + fileHeaderBytes;
  if (optional + 32 > bytes.length || !bytes.subarray(start, start + 4).equals(signature)) return undefined;
  if ((bytes.readUInt16LE(start + 22) & isImageFlag) === 0) return undefined;
  const isPlus = bytes.readUInt16LE(optional) === plusMark;
  const base = isPlus ? Number(bytes.readBigUInt64LE(optional + 24)) : bytes.readUInt32LE(optional + 28);
  const count = Math.min(bytes.readUInt16LE(start + 6), sectionsMax);
  const table = optional + bytes.readUInt16LE(start + 20);
  const sections = Array.from({ length: count }, (_, i) => table + i * sectionBytes)
    .filter((at) => at + sectionBytes <= bytes.length)
    .map((at) => ({ name: nameAt(bytes, at), segment: segmentAt(bytes, at, base) }));
  return {
    format: 'pe',
    isBigEndian: false,
    segments: sections.map(({ segment }) => segment),
    notes: [],
    sections: new Map(sections.map(({ name, segment }) => [name, segment])),
  };
}

function nameAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 8).split('\0', 1)[0] ?? '';
}

function segmentAt(bytes: Buffer, at: number, base: number): ProgramSegment {
  const flags = bytes.readUInt32LE(at + 36);
  return {
    address: base + bytes.readUInt32LE(at + 12),
    offset: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 16),
    isWritable: (flags & isWritableFlag) !== 0,
    isExecutable: (flags & isExecutableFlag) !== 0,
  };
}
