import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldCell, foldWords, padText, plainText, shortenText, textWidth } from './terminal-text.ts';

test('what a terminal would obey is shown instead', () => {
  assert.equal(plainText('\x1b[31mred\x1b]0;title\x07'), '\\x1b[31mred\\x1b]0;title\\x07');
  assert.equal(plainText('\u009b2J'), '\\x9b2J', 'the one-byte CSI of ECMA-48');
  assert.equal(plainText('a\u202egpj.exe'), 'a\\u202egpj.exe', 'right-to-left override');
  assert.equal(plainText('zero\u200bwidth \u{e0041}tag'), 'zero\\u200bwidth \\u{e0041}tag');
  assert.equal(plainText('half \ud800 pair'), 'half \\ud800 pair');
});

test('a text becomes one line of bounded length', () => {
  assert.equal(plainText(' two\r\n\tlines\u2028and one '), 'two lines and one');
  assert.equal(plainText('x'.repeat(600)), `${'x'.repeat(511)}…`);
  assert.equal(plainText('x'.repeat(512)), 'x'.repeat(512));
  assert.equal(plainText(`e${'\u0301'.repeat(50)}`), 'e\u0301\u0301\u0301', 'marks do not pile up');
});

test('widths are those of Unicode TR11', () => {
  assert.equal(textWidth('abc'), 3);
  assert.equal(textWidth('漢字'), 4);
  assert.equal(textWidth('한글カナ'), 8);
  assert.equal(textWidth('Ａ'), 2, 'full-width A');
  assert.equal(textWidth('ｱ'), 1, 'half-width katakana');
  assert.equal(textWidth('🦀'), 2);
  assert.equal(textWidth('e\u0301é'), 2);
  assert.equal(textWidth('Ωж…'), 3);
});

test('padding and shortening count columns, not characters', () => {
  assert.equal(padText('漢', 4), '漢  ');
  assert.equal(shortenText('漢字漢字', 8), '漢字漢字');
  assert.equal(shortenText('漢字漢字', 6), '漢字…');
  assert.equal(shortenText('one two', 5), 'one…');
});

test('cells break after punctuation, sentences at blanks', () => {
  assert.deepEqual(foldCell('7.88.1-10+deb12u4', 12), ['7.88.1-10+', 'deb12u4']);
  assert.deepEqual(foldCell('0123456789abc', 5), ['01234', '56789', 'abc']);
  assert.deepEqual(foldCell('', 5), ['']);
  assert.deepEqual(foldWords('see CVE-2024-1234 now', 13), ['see', 'CVE-2024-1234', 'now']);
});

test('folding loses nothing but blanks and keeps to the width', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 30 }), (text, width) => {
      const plain = plainText(text);
      for (const lines of [foldCell(plain, width), foldWords(plain, width)]) {
        assert.equal(lines.join('').replaceAll(' ', ''), plain.replaceAll(' ', ''));
        assert.ok(lines.every((line) => textWidth(line) <= width));
      }
    }),
  );
});
