import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { assignmentsOf, firstLineOf, wordOf } from './release-text.ts';

function assignments(content: string | Uint8Array): Record<string, string> {
  return Object.fromEntries(assignmentsOf(new Map([['f', Buffer.from(content)]]), 'f'));
}

suite('release text', () => {
  test('reads bare, single-quoted and double-quoted values', () => {
    assert.deepEqual(assignments('A=b c\nB="d e"\nC=\'f "g"\'\nD=""\nE='), {
      A: 'b c',
      B: 'd e',
      C: 'f "g"',
      D: '',
      E: '',
    });
  });

  test('unescapes four characters in double quotes and no other', () => {
    assert.deepEqual(assignments('A="\\"q\\" \\$x \\\\ \\` \\n"\nB=\'\\$\''), {
      A: '"q" $x \\ ` \\n',
      B: '\\$',
    });
  });

  test('ignores comments, text after a closing quote, and lines that are not assignments', () => {
    const text = '# A=1\n\nB="2" # two\nC=3 # three\nnonsense\n=4\n5=6\nexport D=7\n';
    assert.deepEqual(assignments(text), { B: '2', C: '3', D: '7' });
  });

  test('ignores CRLF, a byte order mark and surrounding spaces', () => {
    assert.deepEqual(assignments('\ufeff  ID = "alpine" \r\n\tVERSION_ID=3.19\r\n'), {
      ID: 'alpine',
      VERSION_ID: '3.19',
    });
  });

  test('ends an open quote at the end of the line, and uses the last assignment of a name', () => {
    assert.deepEqual(assignments('A="x\nB=1\nB=2'), { A: 'x', B: '2' });
  });

  test('accepts Latin-1 bytes and control characters', () => {
    const text = Buffer.from('A="S\xe3o \x1b[31m"\nB=1', 'latin1');
    assert.deepEqual(assignments(text), { A: 'S\ufffdo  [31m', B: '1' });
  });

  test('cuts overlong lines, in which patterns would take quadratic time', () => {
    assert.equal(firstLineOf(new Map([['f', Buffer.alloc(60_000, '9')]]), 'f').length, 2048);
  });

  test('reads any bytes without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
        assignments(content);
        firstLineOf(new Map([['f', content]]), 'f');
      }),
    );
  });

  test('accepts words for names: no spaces, no colon, no empty text', () => {
    assert.equal(wordOf('opensuse-leap'), 'opensuse-leap');
    for (const text of [undefined, '', 'a b', 'a:b', '../x', 'x'.repeat(65)])
      assert.equal(wordOf(text), undefined);
  });
});
