import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../core/limits.ts';
import { type ElfPlan, samplePrograms, writeElf } from '../../testing/elf-writer.ts';
import { ProgramClassifier, type ProgramKind } from './program-kind.ts';

/** Returns the kind of these bytes when they stream in chunks of `pieceBytes`. */
function kindOf(bytes: Buffer, pieceBytes: number = bytes.length): ProgramKind | undefined {
  const sight = new ProgramClassifier(bytes.length);
  for (let at = 0; at < bytes.length; at += pieceBytes) sight.write(bytes.subarray(at, at + pieceBytes));
  return sight.kind();
}

const buildInfo = '\xff Go buildinf:\x08\x02';

test('distinguishes programs of Go and Rust from others', () => {
  for (const [kind, bytes] of Object.entries(samplePrograms)) assert.equal(kindOf(bytes), kind);
  assert.equal(kindOf(writeElf({ data: `xx${buildInfo}` })), 'golang', 'without a note');
  assert.equal(kindOf(writeElf({ text: 'src/libcore/x' })), 'generic');
  assert.equal(kindOf(writeElf({ text: '/rustc/abc/src/libcore/option.rs' })), 'cargo', 'before Rust 1.46');
});

test('does not detect Go when a program only contains its marker, as a debugger does', () => {
  assert.equal(kindOf(writeElf({ text: buildInfo })), 'generic');
});

test('detects Go when a Go program contains a Rust library', () => {
  assert.equal(kindOf(writeElf({ text: '/library/core/src/', data: buildInfo })), 'golang');
});

test('ignores object files, kernel modules and core dumps', () => {
  for (const type of [0, 1, 4]) assert.equal(kindOf(writeElf({ type })), undefined);
  assert.equal(kindOf(Buffer.from('#!/bin/sh\n'.repeat(10))), undefined);
});

test('reads programs of 32 bits and of both byte orders', () => {
  for (const is32 of [true, false])
    for (const isBigEndian of [true, false])
      assert.equal(kindOf(writeElf({ is32, isBigEndian, data: buildInfo })), 'golang');
});

test('returns the same kind whatever the chunk size', () => {
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

test('reads a huge program up to the limit', () => {
  const far = writeElf({ text: `${'x'.repeat(limits.programBytes)}/library/core/src/y` });
  assert.equal(kindOf(far, 1024 * 1024), 'generic');
});

test('survives a segment table without end or outside the file', () => {
  const bytes = writeElf();
  bytes.writeUInt16LE(0xffff, 56);
  assert.equal(kindOf(bytes), 'generic');
  bytes.writeBigUInt64LE(2n ** 63n, 32);
  assert.equal(kindOf(bytes), 'generic');
});
