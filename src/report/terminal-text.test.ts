import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeForTerminal } from '../kit/untrusted-text.ts';
import { foldCell, foldWords, padText, shortenText, textWidth } from './terminal-text.ts';

test('measures widths by Unicode TR11', () => {
  assert.equal(textWidth('abc'), 3);
  assert.equal(textWidth('漢字'), 4);
  assert.equal(textWidth('한글カナ'), 8);
  assert.equal(textWidth('Ａ'), 2, 'full-width A');
  assert.equal(textWidth('ｱ'), 1, 'half-width katakana');
  assert.equal(textWidth('🦀'), 2);
  assert.equal(textWidth('e\u0301é'), 2);
  assert.equal(textWidth('Ωж…'), 3);
});

test('pads and shortens by columns, not by characters', () => {
  assert.equal(padText('漢', 4), '漢  ');
  assert.equal(shortenText('漢字漢字', 8), '漢字漢字');
  assert.equal(shortenText('漢字漢字', 6), '漢字…');
  assert.equal(shortenText('one two', 5), 'one…');
});

test('breaks cells after punctuation and sentences at blanks', () => {
  assert.deepEqual(foldCell('7.88.1-10+deb12u4', 12), ['7.88.1-10+', 'deb12u4']);
  assert.deepEqual(foldCell('0123456789abc', 5), ['01234', '56789', 'abc']);
  assert.deepEqual(foldCell('', 5), ['']);
  assert.deepEqual(foldWords('see CVE-2024-1234 now', 13), ['see', 'CVE-2024-1234', 'now']);
});

test('folds to the width and drops only blanks', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 30 }), (text, width) => {
      const plain = escapeForTerminal(text);
      for (const lines of [foldCell(plain, width), foldWords(plain, width)]) {
        assert.equal(lines.join('').replaceAll(' ', ''), plain.replaceAll(' ', ''));
        assert.ok(lines.every((line) => textWidth(line) <= width));
      }
    }),
  );
});
