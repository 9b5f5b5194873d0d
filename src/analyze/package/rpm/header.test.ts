import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeRpmHeader } from '../../../testing/rpm-writer.ts';
import { readHeader } from './header.ts';

function problemOf(blob: Uint8Array): string {
  const header = readHeader(blob);
  return typeof header === 'string' ? header : '';
}

test('rpm header: reads the fields of a package', () => {
  const blob = writeRpmHeader([
    [1000, 'nodejs'],
    [1001, '18.18.2'],
    [1002, '3.module_el8'],
    [1003, 1],
    [1004, ['JavaScript runtime', 'Laufzeit']],
    [1011, 'AlmaLinux'],
    [1014, 'MIT'],
    [1022, 'x86_64'],
    [1044, 'nodejs-18.18.2-3.module_el8.src.rpm'],
    [5096, 'nodejs:18:8090020231122:a75119d5'],
  ]);
  assert.deepEqual(readHeader(blob), {
    name: 'nodejs',
    version: '18.18.2',
    release: '3.module_el8',
    epoch: 1,
    vendor: 'AlmaLinux',
    licence: 'MIT',
    arch: 'x86_64',
    sourceRpm: 'nodejs-18.18.2-3.module_el8.src.rpm',
    modularity: 'nodejs:18:8090020231122:a75119d5',
  });
});

test('rpm header: uses the later entry of a repeated tag and reports it, uses the first translation, and reads an empty text as absent', () => {
  const blob = writeRpmHeader([
    [1000, 'old'],
    [1014, ['GPL', 'GPL auf deutsch']],
    [1011, ''],
    [1000, 'new'],
  ]);
  assert.deepEqual(readHeader(blob), {
    name: 'new',
    licence: 'GPL',
    vendor: undefined,
    repeated: ['name'],
  });
});

test('rpm header: reads epochs of 32 bits', () => {
  assert.deepEqual(readHeader(writeRpmHeader([[1003, 0xfffffffe]])), { epoch: 0xfffffffe });
});

test('rpm header: returns no fields for a header without tags', () => {
  assert.deepEqual(readHeader(writeRpmHeader([])), {});
});

test('rpm header: reports what is not a header', () => {
  const whole = writeRpmHeader([[1000, 'bash']]);
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [Buffer.alloc(0), /too short/],
    [whole.subarray(0, -1), /cut off/],
    [Buffer.alloc(64, 0xff), /impossible size/],
    [writeRpmHeader([[1000, 7]]), /unreadable name/],
    [writeRpmHeader([[1003, 'x']]), /unreadable epoch/],
    [writeRpmHeader([[1000, 'x'.repeat(5000)]]), /unreadable name/],
  ];
  for (const [blob, problem] of cases) assert.match(problemOf(blob), problem);
  const unterminated = Buffer.from(whole);
  unterminated[unterminated.length - 1] = 0x78;
  assert.match(problemOf(unterminated), /unreadable name/);
});

test('rpm header: reads any bytes without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(9), fc.nat(100), (bytes, entries, dataBytes) => {
      readHeader(bytes);
      readHeader(Buffer.concat([Buffer.from([0, 0, 0, entries, 0, 0, 0, dataBytes]), bytes]));
    }),
  );
});
