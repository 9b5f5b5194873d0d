import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { readIgnoreFile } from './read-ignore-file.ts';

const read = (text: string) => readIgnoreFile('rules.yaml', text);

/** Returns the lines of the error for an invalid file. */
function problems(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof ClairError && error.code === 'config-invalid', String(error));
    return error.message.split('\n');
  }
  throw new Error('it can be used');
}

test('reads the selectors, the reason and the location of a rule', () => {
  const rules = read(`# what we live with
ignore:
  - id: CVE-2024-5535
    package: libssl3
    version: 3.3.1-r0
    path: lib/apk/db/installed
    namespace: alpine:v3.20
    reason: no server here
    expires: 2026-12-31
    justification: vulnerable_code_not_in_execute_path
  - {id: GHSA-*, reason: "not ours"}
`);
  assert.deepEqual(rules, [
    {
      place: 'rules.yaml:3',
      id: 'CVE-2024-5535',
      package: 'libssl3',
      version: '3.3.1-r0',
      path: 'lib/apk/db/installed',
      namespace: 'alpine:v3.20',
      reason: 'no server here',
      expires: '2026-12-31',
      justification: 'vulnerable_code_not_in_execute_path',
    },
    { place: 'rules.yaml:11', id: 'GHSA-*', reason: 'not ours' },
  ]);
});

test('returns no rules when the file has none', () => {
  for (const text of ['', '# nothing yet\n', 'ignore:\n', 'ignore: []\n', 'ignore: null\n', 'null\n'])
    assert.deepEqual(read(text), [], JSON.stringify(text));
});

test('lists every problem with its line', () => {
  const messages = problems(`ignore:
  - id: CVE-1
    resaon: x
  - reason: y
  - id: 2024
    reason: z
    expires: soon
    justification: because
    package: ""
    path: "${'x'.repeat(1001)}"
  - just a text
`);
  assert.deepEqual(messages, [
    'rules.yaml cannot be used:',
    '  rules.yaml:2 the rule has no reason',
    '  rules.yaml:3 unknown key "resaon"; did you mean reason?',
    '  rules.yaml:5 id must be a string: write it in quotes',
    '  rules.yaml:9 package is empty',
    '  rules.yaml:10 path is too long: at most 1000',
    '  rules.yaml:7 expires is not a valid date: write it as 2026-12-31',
    '  rules.yaml:8 justification must be component_not_present, vulnerable_code_not_present, vulnerable_code_not_in_execute_path, vulnerable_code_cannot_be_controlled_by_adversary or inline_mitigations_already_exist',
    '  rules.yaml:11 a rule must have keys, such as id and reason',
  ]);
});

test('refuses a rule when it would match everything', () => {
  for (const rule of ['{reason: x}', '{id: "*", reason: x}', '{package: "**", path: "*", reason: x}'])
    assert.match(problems(`ignore:\n  - ${rule}\n`)[1] ?? '', /rules\.yaml:2 would ignore everything/);
});

test('refuses invalid dates, unknown top-level keys and values that are not a list', () => {
  for (const day of ['2026-02-30', '2026-13-01', '31.12.2026', '2026-1-1'])
    assert.match(
      problems(`ignore:\n  - {id: a, reason: b, expires: ${day}}\n`)[1] ?? '',
      /expires is not a valid date/,
      day,
    );
  assert.match(problems('ignroe:\n  - {}\n')[1] ?? '', /unknown key "ignroe"; did you mean ignore\?/);
  for (const text of ['- id: a\n', '3\n', 'text\n'])
    assert.match(problems(text)[1] ?? '', /begin with the key ignore:/);
  assert.match(problems('ignore: everything\n')[1] ?? '', /ignore must be a list of rules/);
});

test('refuses invalid YAML and duplicate keys with the line', () => {
  assert.match(problems('ignore:\n  - {id: a\n')[0] ?? '', /^rules\.yaml:\d is not valid YAML: /);
  assert.match(
    problems('ignore:\n  - id: a\n    id: b\n    reason: c\n')[0] ?? '',
    /^rules\.yaml:3 is not valid YAML: .*unique/,
  );
  assert.match(problems('ignore: !!js/function "x"\nx: [')[0] ?? '', /is not valid YAML/);
});

test('refuses alias bombs, deep nesting, long files and too many rules', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (const [name, above] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf'].map((pair) => [
    pair.charAt(0),
    pair.charAt(1),
  ]))
    bomb.push(
      `${name}: &${name} [*${above},*${above},*${above},*${above},*${above},*${above},*${above},*${above}]`,
    );
  assert.match(problems(`${bomb.join('\n')}\nignore: *g\n`)[0] ?? '', /alias/);
  assert.ok(problems(`ignore: ${'['.repeat(100_000)}`).length > 0);
  for (const count of [1000, 5000, 20_000])
    assert.ok(problems(`${'- '.repeat(count)}a`).length > 0, `${count} nested lists`);
  assert.match(problems(`#${'x'.repeat(limits.ignoreFileBytes)}`)[0] ?? '', /is longer than/);
  const many = `ignore:\n${'- {id: a, reason: b}\n'.repeat(limits.ignoreRules + 1)}`;
  assert.match(problems(many)[1] ?? '', /ignore is too long: at most 10000/);
});

test('accepts an anchor that is used several times', () => {
  const rules = read('ignore:\n  - {id: a, reason: &why the same}\n  - {id: b, reason: *why}\n');
  assert.deepEqual(
    rules.map(({ reason }) => reason),
    ['the same', 'the same'],
  );
});

test('reads a whitelist of clair-scanner, also with duplicate keys', () => {
  const rules = read(`generalwhitelist: #Approve CVE for any image
  CVE-2017-6055: XML
images:
  ubuntu:
    CVE-2017-5230: Java
    CVE-2017-5230: XSX
  alpine:
    CVE-2017-3261:
`);
  assert.deepEqual(rules, [
    { place: 'rules.yaml:2', id: 'CVE-2017-6055', reason: 'XML' },
    { place: 'rules.yaml:5', id: 'CVE-2017-5230', reason: 'XSX', image: 'ubuntu' },
    { place: 'rules.yaml:8', id: 'CVE-2017-3261', reason: 'it is in the whitelist', image: 'alpine' },
  ]);
});

test('reads a whitelist of Klar', () => {
  const rules = read(
    'general:\n  - RHSA-2018:1345\nimages:\n  fluent/fluent-bit:\n    - CVE-2017-14062\n  empty:\n',
  );
  assert.deepEqual(rules, [
    { place: 'rules.yaml:2', id: 'RHSA-2018:1345', reason: 'it is in the whitelist' },
    {
      place: 'rules.yaml:5',
      id: 'CVE-2017-14062',
      reason: 'it is in the whitelist',
      image: 'fluent/fluent-bit',
    },
  ]);
  assert.deepEqual(read('images:\n'), []);
});

test('refuses a whitelist when it is malformed or has too many rules', () => {
  for (const text of [
    'general: 3\n',
    'images: [a]\n',
    'general: [a]\nignore: []\n',
    'images: {a: 1}\n',
    'general: [1]\n',
  ])
    assert.match(problems(text)[0] ?? '', /^rules\.yaml:1 is not valid in a whitelist/, text);
  assert.match(
    problems(`general:\n${'- a\n'.repeat(limits.ignoreRules + 1)}`)[0] ?? '',
    /more than 10000 rules/,
  );
});

test('does not treat an asterisk in a whitelist as a wildcard', () => {
  assert.deepEqual(read('general: ["CVE-*"]')[0]?.id, 'CVE-');
});
