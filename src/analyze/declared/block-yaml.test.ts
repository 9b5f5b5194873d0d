import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseBlockYaml } from './block-yaml.ts';

/** Returns a value without the missing prototypes of its tables. */
function plain(text: string): unknown {
  return JSON.parse(JSON.stringify(parseBlockYaml(text.split('\n'))[0]));
}

const documents: Readonly<Record<string, string>> = {
  'a table in a table': 'a:\n  b: c\n  \'d e\': "f\\u0041"\ng: 1.10\n',
  'a list with the indentation of its key': 'packages:\n- a: 1\n  b: 2\n- a: 3\nlast: x\n',
  'a list of lists': 'a:\n  - - x\n    - y\n  -\n    - z\n',
  'pods with dependencies': 'PODS:\n  - A (1.0):\n    - B (= 1.0)\n    - C\n  - "D/E (2.0)"\n',
  'a key in a line of its own': "? 'long: key'\n: a: 1\n  b: 2\n? other\n:\n  c: 3\nlast: x\n",
  'flow collections': "a: {type: directory, list: [x, 'y, z', {b: c}], d: {}}\nb: []\n",
  'URLs and keys with colons': "a: https://example.org/x\nb@npm:1: c\n'd:e': f\n",
  'comments and blank lines': '# first\na: b # last\n\n  # inner\nc: "d # e"\n',
  'empty values': 'a:\nb:\n  c:\n',
  'empty items of a list': 'a:\n-\n- b\n-\nlast: x\n',
  'keys in quotes': '"a: b": c\n"d \\" e": f\n\'g\\\': h\n',
};

for (const [kind, text] of Object.entries(documents))
  test(`reads ${kind} as a general parser does`, () => {
    assert.deepEqual(plain(text), parse(text, { schema: 'failsafe' }));
  });

test('ignores the lines that continue a scalar', () => {
  assert.deepEqual(plain('a: one\n  two: three\nb: |\n  - c\n  d: e\nf: g\n'), { a: 'one', b: '|', f: 'g' });
});

test('reads each document of a file', () => {
  assert.equal(parseBlockYaml(['---', 'a: b', '---', 'c: d', '...']).length, 2);
});

test('refuses lines that do not fit those above, with their number', () => {
  for (const [text, message] of [
    ['a:\n    b: c\n  d: e\n', /line 3: its indentation fits no line above/],
    ['a: {b: c\n', /line 1: its flow collection is damaged/],
    ['a: b\nc\n', /line 2: it has no key/],
    ['? a\nb: c\n', /line 1: its key has no value/],
  ] as const)
    assert.throws(() => parseBlockYaml(text.split('\n')), { message });
});
