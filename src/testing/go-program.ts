import { type ElfPlan, writeElf } from './elf-writer.ts';

/** Marks around the lines about modules. Go, cmd/go/internal/modload. */
const [linesStart, linesEnd] = ['3077af0c9274080241e1c107e6d618e6', 'f932433186182072008242104116d8f2'].map(
  (mark) => Buffer.from(mark, 'hex').toString('latin1'),
) as [string, string];

/** The lines about modules, as the linker stores them. */
export function storedLines(lines: string): string {
  return `${linesStart}${lines}${linesEnd}`;
}

/** Start of the build information. */
export const goMagic = '\xff Go buildinf:';

/** The header and texts of Go 1.18 and later. */
export function inlineBuildInfo(version: string, text: string): string {
  const header = `${goMagic}\x08\x02`.padEnd(32, '\0');
  return header + varint(version.length) + version + varint(text.length) + text;
}

function varint(value: number): string {
  return value < 128
    ? String.fromCharCode(value)
    : String.fromCharCode((value % 128) + 128) + varint(value >> 7);
}

/** Puts text at the first address of a multiple of 16. The segments before it have a known size. */
export function withData(plan: ElfPlan, data: (address: number) => string): Buffer {
  const headBytes = writeElf({ ...plan, data: '' }).length;
  const padding = (16 - (headBytes % 16)) % 16;
  return writeElf({ ...plan, data: '\0'.repeat(padding) + data(0x400000 + headBytes + padding) });
}

/** The note of Go with a build ID. */
export const goNote = '\x04\0\0\0\x08\0\0\0\x04\0\0\0Go\0\0buildid1';

/** Content of a Go program. */
export interface GoProgramPlan extends Pick<ElfPlan, 'note' | 'text' | 'sections'> {
  readonly version?: string;
  /** The lines about modules. */
  readonly lines?: readonly string[];
  /** Names of functions. Absent: it has no table of them. */
  readonly functions?: readonly string[];
}

/** Encodes a program of Go 1.20 or later. */
export function goProgram({
  version = 'go1.22.1',
  lines = [],
  functions,
  ...plan
}: GoProgramPlan = {}): Buffer {
  const text = lines.length === 0 ? '' : storedLines(`${lines.join('\n')}\n`);
  const table = functions === undefined ? '' : functionTable(functions);
  return withData({ note: goNote, ...plan }, () => inlineBuildInfo(version, text) + table);
}

/** The first bytes of the table of functions of Go 1.20 and later. */
export const functionTableStart = '\xf1\xff\xff\xff\0\0\x01\x08';

/** The beginning of the table of functions, and their names. Go, cmd/link, pcln.go. */
export function functionTable(functions: readonly string[]): string {
  const names = functions.map((name) => `${name}\0`).join('');
  const header = Buffer.alloc(72);
  header.write(functionTableStart, 'latin1');
  const numbers = [functions.length, 1, 0x401000, header.length, header.length + names.length];
  for (const [i, number] of numbers.entries()) header.writeBigUInt64LE(BigInt(number), 8 + 8 * i);
  return header.toString('latin1') + names;
}
