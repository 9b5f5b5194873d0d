import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { readIgnoreFile } from './read-ignore-file.ts';

const read = (text: string) => readIgnoreFile('rules.yaml', text);

/** The lines of what is told of a file that cannot be used. */
function problems(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof ClairError && error.code === 'config-invalid', String(error));
    return error.message.split('\n');
  }
  throw new Error('it can be used');
}

test('a rule has all that it selects by, a reason, and where it stands', () => {
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

test('a file without rules has none', () => {
  for (const text of ['', '# nothing yet\n', 'ignore:\n', 'ignore: []\n', 'ignore: null\n', 'null\n'])
    assert.deepEqual(read(text), [], JSON.stringify(text));
});

test('everything that is wrong is told with its line', () => {
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
    '  rules.yaml:3 there is no key "resaon"; did you mean reason?',
    '  rules.yaml:5 id is a text: write it in quotes',
    '  rules.yaml:9 package is empty',
    '  rules.yaml:10 path is too long: at most 1000',
    '  rules.yaml:7 expires is no date: write it as 2026-12-31',
    '  rules.yaml:8 justification is none of component_not_present, vulnerable_code_not_present, vulnerable_code_not_in_execute_path, vulnerable_code_cannot_be_controlled_by_adversary or inline_mitigations_already_exist',
    '  rules.yaml:11 a rule has keys, such as id and reason',
  ]);
});

test('a rule that selects nothing would ignore everything and is refused', () => {
  for (const rule of ['{reason: x}', '{id: "*", reason: x}', '{package: "**", path: "*", reason: x}'])
    assert.match(problems(`ignore:\n  - ${rule}\n`)[1] ?? '', /rules\.yaml:2 would ignore everything/);
});

test('days that no calendar has, and other words than a list, are refused', () => {
  for (const day of ['2026-02-30', '2026-13-01', '31.12.2026', '2026-1-1'])
    assert.match(
      problems(`ignore:\n  - {id: a, reason: b, expires: ${day}}\n`)[1] ?? '',
      /expires is no date/,
      day,
    );
  assert.match(problems('ignroe:\n  - {}\n')[1] ?? '', /there is no key "ignroe"; did you mean ignore\?/);
  for (const text of ['- id: a\n', '3\n', 'text\n'])
    assert.match(problems(text)[1] ?? '', /begin with the key ignore:/);
  assert.match(problems('ignore: everything\n')[1] ?? '', /ignore is a list of rules/);
});

test('what is no YAML is told with its line, and a key that stands twice is no YAML', () => {
  assert.match(problems('ignore:\n  - {id: a\n')[0] ?? '', /^rules\.yaml:\d is no YAML: /);
  assert.match(
    problems('ignore:\n  - id: a\n    id: b\n    reason: c\n')[0] ?? '',
    /^rules\.yaml:3 is no YAML: .*unique/,
  );
  assert.match(problems('ignore: !!js/function "x"\nx: [')[0] ?? '', /is no YAML/);
});

test('aliases that stand for more than memory holds, brackets without end and long files are refused', () => {
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
    assert.ok(problems(`${'- '.repeat(count)}a`).length > 0, `${count} lists in each other`);
  assert.match(problems(`#${'x'.repeat(limits.ignoreFileBytes)}`)[0] ?? '', /is longer than/);
  const many = `ignore:\n${'- {id: a, reason: b}\n'.repeat(limits.ignoreRules + 1)}`;
  assert.match(problems(many)[1] ?? '', /ignore is too long: at most 10000/);
});

test('an anchor may be used again', () => {
  const rules = read('ignore:\n  - {id: a, reason: &why the same}\n  - {id: b, reason: *why}\n');
  assert.deepEqual(
    rules.map(({ reason }) => reason),
    ['the same', 'the same'],
  );
});

test('a whitelist of clair-scanner is read, also where a key stands twice', () => {
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

test('a whitelist of Klar is read', () => {
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

test('a whitelist that is none, or that has more rules than anybody reads, is refused', () => {
  for (const text of [
    'general: 3\n',
    'images: [a]\n',
    'general: [a]\nignore: []\n',
    'images: {a: 1}\n',
    'general: [1]\n',
  ])
    assert.match(problems(text)[0] ?? '', /^rules\.yaml:1 is not as in a whitelist/, text);
  assert.match(
    problems(`general:\n${'- a\n'.repeat(limits.ignoreRules + 1)}`)[0] ?? '',
    /more than 10000 rules/,
  );
});

test('an asterisk is no pattern in a whitelist', () => {
  assert.deepEqual(read('general: ["CVE-*"]')[0]?.id, 'CVE-');
});
