import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { stanzas } from './deb822.ts';

const names = ['Package', 'Version'];

function read(text: string): readonly (readonly (string | undefined)[])[] {
  return [...stanzas(Buffer.from(text), names)].map(({ values }) => values);
}

suite('deb822', () => {
  test('a stanza ends at an empty line', () => {
    assert.deepEqual(read('Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n'), [
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test('the last line may lack its end', () => {
    assert.deepEqual(read('Package: a\nVersion: 1'), [['a', '1']]);
  });

  test('separating lines may hold spaces and tabs, and there may be many', () => {
    assert.deepEqual(read('\n \nPackage: a\n \t \n\n\nPackage: b\n'), [
      ['a', undefined],
      ['b', undefined],
    ]);
  });

  test('a line of anything else separates nothing', () => {
    assert.deepEqual(read('Package: a\n!\nVersion: 1\n'), [['a', '1']]);
  });

  test('lines may end in CRLF', () => {
    assert.deepEqual(read('Package: a\r\nVersion: 1\r\n\r\nPackage: b\r\n'), [
      ['a', '1'],
      ['b', undefined],
    ]);
  });

  test('field names compare without regard to case', () => {
    assert.deepEqual(read('PACKAGE: a\nversion:1\n'), [['a', '1']]);
  });

  test('a field is found by its whole name, and not inside a continued value', () => {
    assert.deepEqual(read('Package-Type: deb\nVersions: 3\nPackage: a\nDescription: x\n Version: 9\n'), [
      ['a', undefined],
    ]);
  });

  test('a repeated field is reported and the first stands', () => {
    const [stanza] = stanzas(Buffer.from('Package: a\nVersion: 1\nVersion: 2\n'), names);
    assert.deepEqual(stanza?.values, ['a', '1']);
    assert.deepEqual(stanza.repeated, new Set(['Version']));
  });

  test('bytes that are no ASCII before a field do not move it', () => {
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
