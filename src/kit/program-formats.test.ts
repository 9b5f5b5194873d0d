import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeElf } from '../testing/elf-writer.ts';
import { fatProgram, machOProgram, peProgram } from '../testing/program-writer.ts';
import { isElfProgram, readElfHead } from './elf.ts';
import { hasMachOMagic, machOPrograms, readMachOHead } from './mach-o.ts';
import { readPeHead } from './pe.ts';

const sections = { '.text': 'code', '.data': 'data of the program' };

test('reads the sections of a program of Windows, and which are writable', () => {
  const bytes = peProgram(sections);
  const head = readPeHead(bytes);
  const { offset = 0, size = 0 } = head?.sections.get('.data') ?? {};
  assert.equal(bytes.toString('latin1', offset, offset + size), sections['.data']);
  assert.deepEqual(
    head?.segments.map(({ isWritable, isExecutable, address }) => [
      isWritable,
      isExecutable,
      address - offset,
    ]),
    [
      [false, false, 0x140000000 - 512],
      [true, false, 0x140000000],
    ],
  );
});

test('reads the sections of a program of macOS, and places of several programs in one file', () => {
  const program = machOProgram(sections);
  const { offset = 0, size = 0 } = readMachOHead(program)?.sections.get('.data') ?? {};
  assert.equal(program.toString('latin1', offset, offset + size), sections['.data']);
  const fat = fatProgram([program, machOProgram({ a: 'b' })]);
  const [first] = machOPrograms(fat);
  assert.deepEqual(first && fat.subarray(first.offset, first.offset + first.size), program);
  assert.equal(machOPrograms(fat).length, 2);
});

test('does not take a class file of Java for a program of macOS', () => {
  const javaClass = Buffer.from('cafebabe00000034', 'hex');
  assert.equal(hasMachOMagic(javaClass), false);
  assert.deepEqual(machOPrograms(javaClass), []);
  assert.equal(hasMachOMagic(fatProgram([machOProgram({ a: 'b' })])), true);
});

test('reads nothing from headers that are cut, damaged or of object files', () => {
  assert.equal(readPeHead(peProgram(sections, { isImage: false })), undefined);
  for (const [bytes, read] of [
    [peProgram(sections), readPeHead],
    [machOProgram(sections), readMachOHead],
  ] as const)
    for (let end = 0; end < 600; end += 7) {
      read(bytes.subarray(0, end));
      const damaged = Buffer.from(bytes);
      damaged.fill(0xff, end, end + 8);
      read(damaged);
    }
});

test('reads a program of Linux whatever its header states about width and byte order', () => {
  for (const is32 of [false, true])
    for (const isBigEndian of [false, true]) {
      const proper = writeElf({ is32, isBigEndian, note: 'Go' });
      const head = readElfHead(proper);
      assert.deepEqual([head?.segments.length, head?.isBigEndian], [3, isBigEndian]);
      for (const width of [0, 1, 2, 255])
        for (const order of [0, 1, 2, 255]) {
          const stated = Buffer.from(proper);
          stated.set([width, order], 4);
          assert.deepEqual([isElfProgram(stated), readElfHead(stated)], [true, head]);
        }
    }
});
