import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { limits } from '../../core/limits.ts';
import { programParts } from '../../plugin/package-lister.ts';
import { type ElfPlan, samplePrograms, withUnloaded, writeElf } from '../../testing/elf-writer.ts';
import {
  functionTable,
  functionTableStart,
  type GoProgramPlan,
  goMagic,
  goProgram,
  withData,
} from '../../testing/go-program.ts';
import { type ProgramKind, ProgramScan } from './program-scan.ts';

interface ScanOptions {
  readonly pieceBytes?: number;
  /** Whether to skip bytes that the scan does not need. */
  readonly skips?: boolean;
  /** Wanted texts. */
  readonly texts?: readonly string[];
}

/** Scans a program that streams in pieces. */
function scan(
  bytes: Buffer,
  { pieceBytes = bytes.length, skips = false, texts = [] }: ScanOptions = {},
): ProgramScan {
  const program = new ProgramScan(bytes.length, { parts: new Set(programParts), texts });
  if (skips) program.useReadAhead((offset, size) => bytes.subarray(offset, offset + size));
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (skips && program.isDone) break;
    if (skips) at = Math.max(program.nextPosition, at);
    if (skips) program.skipTo(at);
    program.write(bytes.subarray(at, at + pieceBytes));
  }
  return program;
}

function kindOf(bytes: Buffer, options?: ScanOptions): ProgramKind | undefined {
  return scan(bytes, options).kind();
}

/** Returns the parts of a program as text. */
function partsOf(bytes: Buffer, options?: ScanOptions): Readonly<Record<string, string>> {
  const [parts = new Map<string, Uint8Array>()] = scan(bytes, options).parts();
  return Object.fromEntries(
    Array.from(parts, ([part, content]) => [part, Buffer.from(content).toString('latin1')]),
  );
}

/** A program of Go without its note. */
const withoutNote = (plan: ElfPlan): Buffer => withData(plan, () => `${goMagic}\x08\x02`);

test('distinguishes programs of Go and Rust from others', () => {
  for (const [kind, bytes] of Object.entries(samplePrograms)) assert.equal(kindOf(bytes), kind);
  assert.equal(kindOf(withoutNote({})), 'golang', 'without a note');
  assert.equal(kindOf(writeElf({ text: 'src/libcore/x' })), 'generic');
  assert.equal(kindOf(writeElf({ text: '/rustc/abc/src/libcore/option.rs' })), 'cargo', 'before Rust 1.46');
});

test('does not detect Go when a program only contains its marker, as a debugger does', () => {
  assert.equal(kindOf(writeElf({ text: goMagic })), 'generic');
});

test('detects Go when a Go program contains a Rust library', () => {
  assert.equal(kindOf(withoutNote({ text: '/library/core/src/' })), 'golang');
});

test('ignores object files, kernel modules and core dumps', () => {
  for (const type of [0, 1, 4]) assert.equal(kindOf(writeElf({ type })), undefined);
  assert.equal(kindOf(Buffer.from('#!/bin/sh\n'.repeat(10))), undefined);
});

test('reads programs of 32 bits and of both byte orders', () => {
  for (const is32 of [true, false])
    for (const isBigEndian of [true, false])
      assert.equal(kindOf(withoutNote({ is32, isBigEndian })), 'golang');
});

/** Lines about the modules of a Go program, and names of its functions. */
const lines = ['path\texample.com/app', 'mod\texample.com/app\tv1.0.0\t'];
const functions = ['runtime.main', 'example.com/app.main'];
const crates = deflateSync('{"packages":[{"name":"a","version":"1.0.0"}]}');
const audited = (text: string): Buffer =>
  withUnloaded({ text }, Buffer.concat([Buffer.from('x\x9cxx'), crates]));
const rustText =
  'src/lib.rs/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/clap-2.33.1/src/a.rs/library/core/src/x.rs';

test('extracts the wanted parts of programs of Go and Rust', () => {
  assert.deepEqual(partsOf(goProgram({ lines, functions })), {
    'go-build-info': `go1.22.1\n${lines.join('\n')}\n`,
    'go-functions': functions.map((name) => `${name}\0`).join(''),
  });
  assert.deepEqual(partsOf(audited(rustText)), {
    'cargo-audit-data': crates.toString('latin1'),
    'cargo-source-paths': 'index.crates.io-6f17d22bba15001f/clap-2.33.1',
  });
});

test('takes the table of functions at the beginning of a section, and no other, if the sections are known', () => {
  const plan = { lines, functions };
  const begins = goProgram({ ...plan, sections: [goMagic, functionTableStart] });
  assert.deepEqual(partsOf(begins), partsOf(goProgram(plan)));
  assert.deepEqual(Object.keys(partsOf(goProgram({ ...plan, sections: [goMagic] }))), ['go-build-info']);
});

test('takes no table of functions if there are two, since a constant can pose as one', () => {
  const posing = functionTable(['runtime.main', 'a']);
  const withMark = (mark: string, table: string): string => mark + table.slice(1);
  const texts = {
    'of the same version': posing,
    'of an older version': withMark('\xf0', posing),
    'of Go 1.2, without names': withMark('\xfb', posing),
    'with more names than are read': functionTable(['x'.repeat(limits.goFunctionBytes)]).slice(0, 200),
  };
  const partNames = (plan: GoProgramPlan, options?: ScanOptions): string[] =>
    Object.keys(partsOf(goProgram({ lines, functions, ...plan }), options));
  for (const [name, text] of Object.entries(texts))
    for (const options of [{}, { pieceBytes: 100 }, { skips: true }])
      assert.deepEqual(partNames({ text }, options), ['go-build-info'], name);
  const marked = withMark('\xf0', posing);
  const sections = [goMagic, functionTableStart];
  assert.deepEqual(partNames({ text: marked, sections }), ['go-build-info', 'go-functions']);
  const both = [...sections, marked.slice(0, 8)];
  assert.deepEqual(partNames({ text: marked, sections: both }), ['go-build-info']);
});

test('returns the same kind and parts whatever the size of the pieces, and whether unneeded bytes are skipped', () => {
  const program = fc.oneof(
    fc.constantFrom(audited(rustText), audited(`${'x'.repeat(5000)}${rustText}`)),
    fc
      .record({
        text: fc.constantFrom('x', 'x'.repeat(9000)),
        hasNote: fc.boolean(),
        hasTable: fc.boolean(),
        hasSections: fc.boolean(),
      })
      .map(({ text, hasNote, hasTable, hasSections }) =>
        goProgram({
          text,
          lines,
          ...(!hasNote && { note: 'no' }),
          ...(hasTable && { functions }),
          ...(hasSections && { sections: [goMagic, functionTableStart] }),
        }),
      ),
    fc.constantFrom(...Object.values(samplePrograms)),
  );
  fc.assert(
    fc.property(program, fc.integer({ min: 1, max: 9000 }), fc.boolean(), (bytes, pieceBytes, skips) => {
      const options = { pieceBytes, skips };
      assert.equal(kindOf(bytes, options), kindOf(bytes));
      assert.deepEqual(partsOf(bytes, options), partsOf(bytes));
    }),
  );
});

/** The bytes around each wanted text, with points for NUL. */
function textsIn(bytes: Buffer, texts: readonly string[], options: ScanOptions = {}): string[] {
  const found = partsOf(bytes, { ...options, texts })['version-texts'] ?? '';
  return found.replaceAll('\0', '.').split('\xff').slice(0, -1);
}

test('extracts the bytes around wanted texts, in constants and variables but not in code', () => {
  const plan = {
    text: 'nginx version: nginx/1.0.0',
    constants: `a\0node.js/v16.20.0\0b`,
    data: 'HAProxy 2.8',
  };
  const program = writeElf(plan);
  assert.deepEqual(textsIn(program, ['nginx version: ', 'node.js/v', 'HAProxy ']), [
    `a.node.js/v16.20.0.bHAProxy 2.8`,
    `a.node.js/v16.20.0.bHAProxy 2.8`,
  ]);
  assert.deepEqual(textsIn(program, ['absent']), []);
  assert.deepEqual(textsIn(goProgram({ lines, text: 'node.js/v1.0.0' }), ['node.js/v']), [], 'Go');
});

test('searches the whole program for texts if it has no segment for constants', () => {
  assert.match(
    textsIn(writeElf({ text: 'x\0node.js/v4.0.0\0' }), ['node.js/v']).join(''),
    /x\.node\.js\/v4\.0\.0\./,
  );
});

test('keeps 96 bytes before and after a text', () => {
  const constants = `${'b'.repeat(97)}Redis${'a'.repeat(97)}${'x'.repeat(500)}`;
  assert.deepEqual(textsIn(writeElf({ constants }), ['Redis']), [`${'b'.repeat(96)}Redis${'a'.repeat(96)}`]);
});

test('finds a text that begins with a zero only after a zero', () => {
  const filling = 'x'.repeat(200);
  const program = writeElf({
    constants: `xnode v1.0.0${filling}\0node v2.0.0${filling}node v3.0.0${filling}\0node v4.0.0`,
  });
  for (const pieceBytes of [1, 7, program.length])
    assert.deepEqual(
      textsIn(program, ['\0node v'], { pieceBytes }).map((text) => /node v\d/.exec(text)?.[0]),
      ['node v2', 'node v4'],
    );
});

test('returns the same texts whatever the size of the pieces, and whether unneeded bytes are skipped', () => {
  const content = fc
    .array(fc.constantFrom('Redis', 'Red', 'x'.repeat(40), 'node.js/v', 'o'.repeat(190), '\0'), {
      maxLength: 40,
    })
    .map((words) => words.join(''));
  const texts = ['Redis', 'node.js/v'];
  const plan = fc.record({ text: content, constants: content, data: content });
  fc.assert(
    fc.property(plan, fc.integer({ min: 1, max: 5000 }), fc.boolean(), (parts, pieceBytes, skips) => {
      const bytes = writeElf(parts);
      const whole = textsIn(bytes, texts);
      assert.deepEqual(textsIn(bytes, texts, { pieceBytes, skips }), whole);
      const count = (parts.constants + parts.data).split(/Redis|node\.js\/v/).length - 1;
      assert.equal(whole.length, count);
    }),
  );
});

test('keeps the texts of a program up to the limit', () => {
  const constants = 'Redis'.repeat(limits.programTexts + 10);
  assert.equal(textsIn(writeElf({ constants }), ['Redis']).length, limits.programTexts);
});

test('reads a huge program up to the limit', () => {
  const far = writeElf({ text: `${'x'.repeat(limits.programBytes)}/library/core/src/y` });
  assert.equal(kindOf(far, { pieceBytes: 1024 * 1024 }), 'generic');
});

test('survives a segment table without end or outside the file', () => {
  const bytes = writeElf();
  bytes.writeUInt16LE(0xffff, 56);
  assert.equal(kindOf(bytes), 'generic');
  bytes.writeBigUInt64LE(2n ** 63n, 32);
  assert.equal(kindOf(bytes), 'generic');
});
