import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  escapeForTerminal,
  escapeLine,
  quoteUntrusted,
  stripControls,
  toSingleLine,
} from './untrusted-text.ts';

test('escapeForTerminal replaces control characters by visible escapes', () => {
  assert.equal(escapeForTerminal('\x1b[31mred\x1b]0;title\x07'), '\\x1b[31mred\\x1b]0;title\\x07');
  assert.equal(escapeForTerminal('\u009b2J'), '\\x9b2J', 'the one-byte CSI of ECMA-48');
  assert.equal(escapeForTerminal('a\u202egpj.exe'), 'a\\u202egpj.exe', 'right-to-left override');
  assert.equal(escapeForTerminal('zero\u200bwidth \u{e0041}tag'), 'zero\\u200bwidth \\u{e0041}tag');
  assert.equal(escapeForTerminal('half \ud800 pair'), 'half \\ud800 pair');
});

test('escapeForTerminal makes one line of bounded length', () => {
  assert.equal(escapeForTerminal(' two\r\n\tlines\u2028and one '), 'two lines and one');
  assert.equal(escapeForTerminal('x'.repeat(600)), `${'x'.repeat(511)}…`);
  assert.equal(escapeForTerminal('x'.repeat(512)), 'x'.repeat(512));
  assert.equal(escapeForTerminal(`e${'\u0301'.repeat(50)}`), 'e\u0301\u0301\u0301', 'marks do not pile up');
});

test('escapeLine keeps blanks and length', () => {
  assert.equal(escapeLine('  a\x1b[2J   b\n'), '  a\\x1b[2J   b\\x0a');
  assert.equal(escapeLine('x'.repeat(600)), 'x'.repeat(600));
});

test('toSingleLine replaces line breaks, controls and unusual spaces by one blank', () => {
  assert.equal(toSingleLine(' no\r\nsuch\u001b[31m\u00a0\u202eimage\u0000 ', 100), 'no such [31m image');
});

test('toSingleLine cuts text that is too long and marks the cut', () => {
  assert.equal(toSingleLine('abcdef', 6), 'abcdef');
  assert.equal(toSingleLine('abcdefg', 6), 'abcdef…');
});

test('quoteUntrusted escapes quotes and all control characters and cuts long text', () => {
  assert.equal(quoteUntrusted('a"\u001b\u007f\u009b'), '"a\\"\\u001b\\u007f\\u009b"');
  assert.equal(quoteUntrusted('x'.repeat(61)), `"${'x'.repeat(60)}…"`);
});

test('stripControls keeps blanks and cuts long text', () => {
  assert.equal(stripControls(' a  b\r\n\u001bc\u2028\ud800 '), ' a  b c \ufffd ');
  assert.equal(stripControls('x'.repeat(600)), 'x'.repeat(512));
});
