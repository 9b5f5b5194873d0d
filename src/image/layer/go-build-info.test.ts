import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../core/limits.ts';
import { readElfHead } from '../../kit/elf.ts';
import { type ElfPlan, writeElf } from '../../testing/elf-writer.ts';
import { goMagic, inlineBuildInfo, storedLines, withData } from '../../testing/go-program.ts';
import { GoBuildInfoReader, hasInlineTexts } from './go-build-info.ts';

/** Returns the extracted text when the program streams in pieces of this size. */
function extract(program: Buffer, pieceBytes: number = program.length): string | undefined {
  const segments = readElfHead(program)?.segments.filter(({ kind }) => kind === 'load') ?? [];
  const reader = new GoBuildInfoReader(segments, true);
  for (let at = 0; at < program.length; at += pieceBytes)
    reader.push(program.subarray(at, at + pieceBytes), at);
  return reader.result()?.toString();
}

const lines = 'path\tcmd/x\nmod\texample.com/x\t(devel)\t\ndep\texample.com/y\tv1.0.0\th1:a=\n';
const list = storedLines(lines);

/** A program of Go before 1.18: the header points to the address and length of each text. */
function oldProgram(plan: ElfPlan, version: string, text: string): Buffer {
  const { is32 = false, isBigEndian = false } = plan;
  const pointerBytes = is32 ? 4 : 8;
  const pointer = (value: number): string => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    const little = bytes.subarray(0, pointerBytes);
    return Buffer.from(isBigEndian ? little.toReversed() : little).toString('latin1');
  };
  const constants = `some text ${version}more text ${text}`;
  const textStart = 0x400000 + writeElf({ ...plan, text: '', data: '' }).length;
  return withData({ ...plan, text: constants }, (address) => {
    const header = `${goMagic}${String.fromCharCode(pointerBytes, isBigEndian ? 1 : 0)}`;
    const variables = address + 48;
    return [
      (header + pointer(variables) + pointer(variables + 2 * pointerBytes)).padEnd(48, '\0'),
      pointer(textStart + constants.indexOf(version)),
      pointer(version.length),
      pointer(textStart + constants.indexOf(text)),
      pointer(text.length),
    ].join('');
  });
}

test('extracts the texts after the header', () => {
  assert.equal(extract(withData({}, () => inlineBuildInfo('go1.21.13', list))), `go1.21.13\n${lines}`);
  const long = storedLines('dep\texample.com/y\tv1.0.0\n'.repeat(2000));
  assert.equal(
    extract(withData({}, () => inlineBuildInfo('go1.21.13', long)))?.length,
    10 + long.length - 32,
  );
});

test('extracts the texts that the header of an older program points to', () => {
  for (const is32 of [true, false])
    for (const isBigEndian of [true, false])
      assert.equal(extract(oldProgram({ is32, isBigEndian }, 'go1.13.8', list)), `go1.13.8\n${lines}`);
});

test('knows whether the texts follow the header before they stream by', () => {
  const info = inlineBuildInfo('go1.21.13', list);
  const isInline = (program: Buffer): boolean => {
    const segments = readElfHead(program)?.segments.filter(({ kind }) => kind === 'load') ?? [];
    return hasInlineTexts(segments, (offset, size) => program.subarray(offset, offset + size));
  };
  assert.equal(isInline(withData({}, () => info)), true);
  assert.equal(isInline(withData({}, () => `${'\0'.repeat(64)}${info}`)), true);
  assert.equal(isInline(oldProgram({}, 'go1.13.8', list)), false);
  assert.equal(isInline(withData({}, () => info.slice(0, 20))), false, 'a header that is cut');
  assert.equal(isInline(withData({}, () => ` ${info}`)), false, 'an odd address');
  assert.equal(isInline(withData({}, () => `${'\0'.repeat(8192)}${info}`)), false, 'far away');
  // The first header counts, as it does when the bytes stream by.
  assert.equal(isInline(withData({}, () => `${info.slice(0, 14)}\x08\0${'\0'.repeat(16)}${info}`)), false);
});

test('extracts only the version of a program without modules', () => {
  assert.equal(extract(withData({}, () => inlineBuildInfo('go1.21.13', ''))), 'go1.21.13\n');
  assert.equal(extract(oldProgram({}, 'go1.17', 'no marks around this text')), 'go1.17\n');
});

test('extracts nothing from a header that is damaged, not aligned, or not in data', () => {
  const info = inlineBuildInfo('go1.21.13', list);
  const damaged: Readonly<Record<string, Buffer>> = {
    'cut text': withData({}, () => info.slice(0, -1)),
    'cut header': withData({}, () => info.slice(0, 20)),
    'endless length': withData({}, () => `${info.slice(0, 32)}${'\xff'.repeat(40)}`),
    'text beyond the limit': withData({}, () =>
      inlineBuildInfo('go1.2', 'x'.repeat(limits.goBuildInfoBytes)),
    ),
    'odd address': withData({}, () => ` ${info}`),
    'not in data': writeElf({ text: info }),
    'pointers to nowhere': withData({}, () => `${info.slice(0, 14)}\x08\0${'\xff'.repeat(16)}`),
    'pointers of an odd size': withData({}, () => `${info.slice(0, 14)}\x07\0${'\0'.repeat(16)}`),
  };
  for (const [name, program] of Object.entries(damaged)) assert.equal(extract(program), undefined, name);
});

test('extracts the same whatever the size of the pieces', () => {
  const filler = fc.integer({ min: 0, max: 300 }).map((length) => 'g'.repeat(length));
  fc.assert(
    fc.property(filler, fc.boolean(), fc.integer({ min: 1, max: 500 }), (text, isOld, pieceBytes) => {
      const program = isOld
        ? oldProgram({ note: text }, 'go1.13.8', list)
        : withData({ text }, () => inlineBuildInfo('go1.21.13', list));
      assert.equal(extract(program, pieceBytes), extract(program));
      assert.match(extract(program) ?? '', /^go1\.\d+\.\d+\npath/);
    }),
  );
});

test('yields nothing but text for any bytes after the magic', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 90 }), (bytes, pieceBytes) => {
      const data = goMagic + Buffer.from(bytes).toString('latin1');
      const text = extract(
        withData({}, () => data),
        pieceBytes,
      );
      assert.ok(text === undefined || text.includes('\n'));
    }),
  );
});
