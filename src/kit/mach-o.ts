import type { ByteRange, ProgramHead, ProgramSegment } from './program-head.ts';

/** Marks of a program of 32 and 64 bits, and of a file with programs for several processors. Apple, <mach-o/loader.h>, <mach-o/fat.h>. */
const [mark32, mark64, markFat] = [0xfeedface, 0xfeedfacf, 0xcafebabe];
/** Programs, libraries and plugins. */
const programTypes: readonly number[] = [2, 6, 8];
/** Commands of segments, by width. */
const [segment32, segment64] = [0x1, 0x19];
/** Limits on the numbers of commands, sections and programs. Real files have some tens of commands and two programs. */
const [commandsMax, sectionsMax, programsMax] = [256, 256, 4];
/** Class files of Java begin with the same mark as files of several programs. Their next number is 45 or more. */
const programsClaimedMax = 20;

/** Width and byte order of numbers in a file. */
interface NumberForm {
  readonly is64: boolean;
  readonly isBigEndian: boolean;
}

/** Returns whether bytes begin like those of a Mach-O program, or of a file with several. */
export function hasMachOMagic(bytes: Buffer, at: number = 0): boolean {
  if (at + 8 > bytes.length) return false;
  return formOf(bytes, at) !== undefined || isFat(bytes, at);
}

function formOf(bytes: Buffer, at: number): NumberForm | undefined {
  for (const isBigEndian of [false, true]) {
    const mark = isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    if (mark === mark32 || mark === mark64) return { is64: mark === mark64, isBigEndian };
  }
  return undefined;
}

function isFat(bytes: Buffer, at: number): boolean {
  if (bytes.readUInt32BE(at) !== markFat) return false;
  const count = bytes.readUInt32BE(at + 4);
  return count > 0 && count < programsClaimedMax;
}

/** Returns the places of the programs in a file for several processors. Empty for any other file. */
export function machOPrograms(bytes: Buffer): ByteRange[] {
  if (bytes.length < 8 || !isFat(bytes, 0)) return [];
  const count = Math.min(bytes.readUInt32BE(4), programsMax);
  return Array.from({ length: count }, (_, i) => 8 + 20 * i)
    .filter((at) => at + 20 <= bytes.length)
    .map((at) => ({ offset: bytes.readUInt32BE(at + 8), size: bytes.readUInt32BE(at + 12) }))
    .filter(({ offset }) => offset > 0);
}

/** Reads the header of a Mach-O program (macOS). Undefined if it is not one. */
export function readMachOHead(bytes: Buffer): ProgramHead | undefined {
  const form = bytes.length < 32 ? undefined : formOf(bytes, 0);
  if (form === undefined || !programTypes.includes(int(bytes, 12, form))) return undefined;
  const segments: ProgramSegment[] = [];
  const sections = new Map<string, ByteRange>();
  const count = Math.min(int(bytes, 16, form), commandsMax);
  for (let i = 0, at = form.is64 ? 32 : 28; i < count && at + 8 <= bytes.length; i++) {
    const size = int(bytes, at + 4, form);
    const isSegment = int(bytes, at, form) === (form.is64 ? segment64 : segment32);
    if (isSegment && at + headBytes(form) <= bytes.length) {
      segments.push(segmentAt(bytes, at, form));
      addSections(bytes, { at, form, sections });
    }
    if (size < 8) break;
    at += size;
  }
  return { format: 'mach-o', isBigEndian: form.isBigEndian, segments, notes: [], sections };
}

/** Size of the command of a segment without its sections. */
function headBytes({ is64 }: NumberForm): number {
  return is64 ? 72 : 56;
}

function segmentAt(bytes: Buffer, at: number, form: NumberForm): ProgramSegment {
  const [step, protection] = form.is64 ? [8, at + 60] : [4, at + 44];
  const flags = int(bytes, protection, form);
  return {
    address: word(bytes, at + 24, form),
    offset: word(bytes, at + 24 + 2 * step, form),
    size: word(bytes, at + 24 + 3 * step, form),
    isWritable: (flags & 2) !== 0,
    isExecutable: (flags & 4) !== 0,
  };
}

function addSections(
  bytes: Buffer,
  { at, form, sections }: { at: number; form: NumberForm; sections: Map<string, ByteRange> },
): void {
  const [sectionBytes, sizeField, offsetField] = form.is64 ? [80, 40, 48] : [68, 36, 40];
  const first = at + headBytes(form);
  const count = Math.min(int(bytes, first - 8, form), sectionsMax);
  for (let i = 0, place = first; i < count && place + sectionBytes <= bytes.length; i++) {
    const name = bytes.toString('latin1', place, place + 16).split('\0', 1)[0] ?? '';
    const size = word(bytes, place + sizeField, form);
    sections.set(name, { offset: int(bytes, place + offsetField, form), size });
    place += sectionBytes;
  }
}

function int(bytes: Buffer, at: number, { isBigEndian }: NumberForm): number {
  if (at + 4 > bytes.length) return 0;
  return isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
}

/** Reads an address, offset or size. An impossible one is beyond the end of every file. */
function word(bytes: Buffer, at: number, form: NumberForm): number {
  if (!form.is64) return int(bytes, at, form);
  if (at + 8 > bytes.length) return 0;
  return Number(form.isBigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
}
