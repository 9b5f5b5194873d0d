import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../core/limits.ts';
import { type ElfPlan, samplePrograms, writeElf } from '../../testing/elf-writer.ts';
import { ProgramClassifier, type ProgramKind } from './program-kind.ts';

/** What the bytes are, when they pass by in pieces of this many. */
function kindOf(bytes: Buffer, pieceBytes: number = bytes.length): ProgramKind | undefined {
  const sight = new ProgramClassifier(bytes.length);
  for (let at = 0; at < bytes.length; at += pieceBytes) sight.write(bytes.subarray(at, at + pieceBytes));
  return sight.kind();
}

const buildInfo = '\xff Go buildinf:\x08\x02';

test('programs of Go and Rust are told from others', () => {
  for (const [kind, bytes] of Object.entries(samplePrograms)) assert.equal(kindOf(bytes), kind);
  assert.equal(kindOf(writeElf({ data: `xx${buildInfo}` })), 'golang', 'without a note');
  assert.equal(kindOf(writeElf({ text: 'src/libcore/x' })), 'generic');
  assert.equal(kindOf(writeElf({ text: '/rustc/abc/src/libcore/option.rs' })), 'cargo', 'before Rust 1.46');
});

test('what only names the marker of Go, as a debugger does, is no Go program', () => {
  assert.equal(kindOf(writeElf({ text: buildInfo })), 'generic');
});

test('a Go program with a library of Rust in it is one of Go', () => {
  assert.equal(kindOf(writeElf({ text: '/library/core/src/', data: buildInfo })), 'golang');
});

test('objects to be linked, kernel modules and core dumps are no programs', () => {
  for (const type of [0, 1, 4]) assert.equal(kindOf(writeElf({ type })), undefined);
  assert.equal(kindOf(Buffer.from('#!/bin/sh\n'.repeat(10))), undefined);
});

test('programs of 32 bits and of either byte order are read', () => {
  for (const is32 of [true, false])
    for (const isBigEndian of [true, false])
      assert.equal(kindOf(writeElf({ is32, isBigEndian, data: buildInfo })), 'golang');
});

test('the kind does not depend on how the bytes are cut', () => {
  const plan = fc.record<ElfPlan>({
    text: fc.constantFrom('x', `${'x'.repeat(5000)}/library/core/src/y`, '/library/core/sr'),
    data: fc.constantFrom('d', `${'d'.repeat(6000)}${buildInfo}`),
  });
  fc.assert(
    fc.property(plan, fc.integer({ min: 1, max: 9000 }), (made, pieceBytes) => {
      const bytes = writeElf(made);
      assert.equal(kindOf(bytes, pieceBytes), kindOf(bytes));
    }),
  );
});

test('a huge program is looked at up to a limit', () => {
  const far = writeElf({ text: `${'x'.repeat(limits.programBytes)}/library/core/src/y` });
  assert.equal(kindOf(far, 1024 * 1024), 'generic');
});

test('a table of segments without end, and one outside of the file, do no harm', () => {
  const bytes = writeElf();
  bytes.writeUInt16LE(0xffff, 56);
  assert.equal(kindOf(bytes), 'generic');
  bytes.writeBigUInt64LE(2n ** 63n, 32);
  assert.equal(kindOf(bytes), 'generic');
});
