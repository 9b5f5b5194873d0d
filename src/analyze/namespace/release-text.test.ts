import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { assignmentsOf, firstLineOf, wordOf } from './release-text.ts';

function assignments(content: string | Uint8Array): Record<string, string> {
  return Object.fromEntries(assignmentsOf(new Map([['f', Buffer.from(content)]]), 'f'));
}

suite('release text', () => {
  test('values may be bare, in single or in double quotes', () => {
    assert.deepEqual(assignments('A=b c\nB="d e"\nC=\'f "g"\'\nD=""\nE='), {
      A: 'b c',
      B: 'd e',
      C: 'f "g"',
      D: '',
      E: '',
    });
  });

  test('in double quotes the backslash escapes four characters and no other', () => {
    assert.deepEqual(assignments('A="\\"q\\" \\$x \\\\ \\` \\n"\nB=\'\\$\''), {
      A: '"q" $x \\ ` \\n',
      B: '\\$',
    });
  });

  test('what follows a closing quote, a comment, or is no assignment is passed over', () => {
    const text = '# A=1\n\nB="2" # two\nC=3 # three\nnonsense\n=4\n5=6\nexport D=7\n';
    assert.deepEqual(assignments(text), { B: '2', C: '3', D: '7' });
  });

  test('CRLF, a byte order mark and spaces around everything are no part of the text', () => {
    assert.deepEqual(assignments('\ufeff  ID = "alpine" \r\n\tVERSION_ID=3.19\r\n'), {
      ID: 'alpine',
      VERSION_ID: '3.19',
    });
  });

  test('an open quote ends with the line, and the last assignment of a name stands', () => {
    assert.deepEqual(assignments('A="x\nB=1\nB=2'), { A: 'x', B: '2' });
  });

  test('Latin-1 bytes and control characters do no harm', () => {
    const text = Buffer.from('A="S\xe3o \x1b[31m"\nB=1', 'latin1');
    assert.deepEqual(assignments(text), { A: 'S\ufffdo  [31m', B: '1' });
  });

  test('more of a line than any file has is not read: patterns would take the square of its length', () => {
    assert.equal(firstLineOf(new Map([['f', Buffer.alloc(60_000, '9')]]), 'f').length, 2048);
  });

  test('any bytes are read without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
        assignments(content);
        firstLineOf(new Map([['f', content]]), 'f');
      }),
    );
  });

  test('a word can stand in a name: no spaces, no colon, no empty text', () => {
    assert.equal(wordOf('opensuse-leap'), 'opensuse-leap');
    for (const text of [undefined, '', 'a b', 'a:b', '../x', 'x'.repeat(65)])
      assert.equal(wordOf(text), undefined);
  });
});
