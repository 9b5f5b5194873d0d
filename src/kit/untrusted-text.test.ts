import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeForTerminal, escapeLine } from './untrusted-text.ts';

test('what a terminal would obey is shown instead', () => {
  assert.equal(escapeForTerminal('\x1b[31mred\x1b]0;title\x07'), '\\x1b[31mred\\x1b]0;title\\x07');
  assert.equal(escapeForTerminal('\u009b2J'), '\\x9b2J', 'the one-byte CSI of ECMA-48');
  assert.equal(escapeForTerminal('a\u202egpj.exe'), 'a\\u202egpj.exe', 'right-to-left override');
  assert.equal(escapeForTerminal('zero\u200bwidth \u{e0041}tag'), 'zero\\u200bwidth \\u{e0041}tag');
  assert.equal(escapeForTerminal('half \ud800 pair'), 'half \\ud800 pair');
});

test('a text becomes one line of bounded length', () => {
  assert.equal(escapeForTerminal(' two\r\n\tlines\u2028and one '), 'two lines and one');
  assert.equal(escapeForTerminal('x'.repeat(600)), `${'x'.repeat(511)}…`);
  assert.equal(escapeForTerminal('x'.repeat(512)), 'x'.repeat(512));
  assert.equal(escapeForTerminal(`e${'\u0301'.repeat(50)}`), 'e\u0301\u0301\u0301', 'marks do not pile up');
});

test('a line keeps its blanks and its length', () => {
  assert.equal(escapeLine('  a\x1b[2J   b\n'), '  a\\x1b[2J   b\\x0a');
  assert.equal(escapeLine('x'.repeat(600)), 'x'.repeat(600));
});
