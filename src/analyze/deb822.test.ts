import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { stanzas } from './deb822.ts';

const names = ['Package', 'Version'];

function read(text: string): readonly (readonly (string | undefined)[])[] {
  return [...stanzas(Buffer.from(text), names)].map(({ values }) => values);
}

suite('deb822', () => {
  test('ends a stanza at an empty line', () => {
    assert.deepEqual(read('Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n'), [
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test('accepts a last line without a line feed', () => {
    assert.deepEqual(read('Package: a\nVersion: 1'), [['a', '1']]);
  });

  test('accepts any number of separating lines, also with spaces and tabs', () => {
    assert.deepEqual(read('\n \nPackage: a\n \t \n\n\nPackage: b\n'), [
      ['a', undefined],
      ['b', undefined],
    ]);
  });

  test('does not end a stanza at a line with other characters', () => {
    assert.deepEqual(read('Package: a\n!\nVersion: 1\n'), [['a', '1']]);
  });

  test('accepts CRLF line ends', () => {
    assert.deepEqual(read('Package: a\r\nVersion: 1\r\n\r\nPackage: b\r\n'), [
      ['a', '1'],
      ['b', undefined],
    ]);
  });

  test('compares field names case-insensitively', () => {
    assert.deepEqual(read('PACKAGE: a\nversion:1\n'), [['a', '1']]);
  });

  test('finds a field by its whole name, and not inside a continued value', () => {
    assert.deepEqual(read('Package-Type: deb\nVersions: 3\nPackage: a\nDescription: x\n Version: 9\n'), [
      ['a', undefined],
    ]);
  });

  test('reports a repeated field and uses the first one', () => {
    const [stanza] = stanzas(Buffer.from('Package: a\nVersion: 1\nVersion: 2\n'), names);
    assert.deepEqual(stanza?.values, ['a', '1']);
    assert.deepEqual(stanza.repeated, new Set(['Version']));
  });

  test('finds a field after non-ASCII bytes', () => {
    assert.deepEqual(read('Maintainer: Ж\nPackage: a\nVersion: é\n'), [['a', 'é']]);
  });

  test('reads a part of a larger buffer', () => {
    const whole = Buffer.from('XXXXPackage: a\nXXXX');
    assert.deepEqual(
      [...stanzas(whole.subarray(4, 15), names)].map(({ values }) => values[0]),
      ['a'],
    );
  });
});
