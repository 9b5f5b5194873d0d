import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../core/errors.ts';
import type { IgnoreRule, RuleFinding } from '../model/suppression.ts';
import { readIgnoreFile } from './read-ignore-file.ts';

interface FindingFacts {
  readonly id?: string;
  readonly aliases?: readonly string[];
  readonly package?: Partial<RuleFinding['package']>;
  readonly path?: string;
  readonly fix?: RuleFinding['fix'];
  readonly namespace?: string;
}

function finding({
  id = 'CVE-2024-1',
  aliases = [],
  path,
  fix,
  namespace,
  ...rest
}: FindingFacts = {}): RuleFinding {
  return {
    vulnerability: { id, aliases },
    package: {
      type: 'deb',
      name: 'libc6',
      version: '2.36-9',
      source: { name: 'glibc', version: '2.36-9' },
      purl: 'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12',
      location: { path: path ?? 'var/lib/dpkg/status', layer: null },
      ...rest.package,
    },
    fix: fix ?? { state: 'fixed', version: '2.36-9+deb12u3' },
    evidence: [{ namespace: namespace ?? 'debian:12' }],
  };
}

const lodash: FindingFacts = {
  package: { type: 'npm', name: 'lodash', version: '4.17.15', source: null, purl: 'pkg:npm/lodash@4.17.15' },
  path: 'app/node_modules/lodash/package.json',
  namespace: 'npm',
};

/** Returns whether any rule of a file matches a finding. */
function isIgnored(name: string, text: string, one: FindingFacts = {}): boolean {
  return readIgnoreFile(name, text).some((rule) => rule.holdsFor?.(finding(one)) ?? false);
}

function refusalMessage(name: string, text: string): string {
  try {
    readIgnoreFile(name, text);
  } catch (error) {
    assert.ok(error instanceof ClairError && error.code === 'config-invalid', String(error));
    return error.message;
  }
  throw new Error('the file was accepted');
}

const withoutCode = ({ holdsFor: _, ...rule }: IgnoreRule): object => rule;

test('reads ids, dates and comments of a .trivyignore', () => {
  const text =
    '# risks\nCVE-2018-14618\n\n  CVE-2019-14697 exp:2026-01-01\r\nCVE-2019-1543 # no curl here\nAVD-DS-0002\n';
  const rules = readIgnoreFile('ignored.txt', text);
  const reason = 'it is in the ignore file of Trivy';
  assert.deepEqual(rules.map(withoutCode), [
    { place: 'ignored.txt:2', id: 'CVE-2018-14618', reason },
    // The rule of Trivy ends at the start of that day.
    { place: 'ignored.txt:4', id: 'CVE-2019-14697', reason, expires: '2025-12-31' },
    { place: 'ignored.txt:5', id: 'CVE-2019-1543', reason: 'no curl here' },
    { place: 'ignored.txt:6', id: 'AVD-DS-0002', reason },
  ]);
});

test('recognises a .trivyignore of one line by its id', () => {
  assert.deepEqual(
    readIgnoreFile('ignored.txt', 'CVE-2024-1').map(({ id }) => id),
    ['CVE-2024-1'],
  );
});

test('ends a rule of Trivy with a time on the day before, in the zone of the time', () => {
  const [rule] = readIgnoreFile(
    't.yaml',
    'vulnerabilities:\n  - {id: CVE-1, expired_at: "2026-03-01T00:30:00+02:00"}\n',
  );
  assert.equal(rule?.expires, '2026-02-28');
});

test('matches an id of .trivyignore exactly, not as a pattern or as an advisory on several vulnerabilities', () => {
  const name = '.trivyignore';
  assert.equal(isIgnored(name, 'CVE-2024-1\n'), true);
  assert.equal(isIgnored(name, 'CVE-2024-*\n'), false);
  assert.equal(isIgnored(name, 'cve-2024-1\n'), false);
  assert.equal(isIgnored(name, 'DSA-5500-1\n', { aliases: ['DSA-5500-1'] }), false);
  assert.equal(isIgnored(name, 'GHSA-aaaa-bbbb-cccc\n', { aliases: ['GHSA-aaaa-bbbb-cccc'] }), true);
  assert.match(
    refusalMessage(name, 'CVE-2024-1 exp:soon\n'),
    /^\.trivyignore:1 has an invalid date after exp: "soon"/,
  );
});

test('reads paths, package URLs, statements and dates of a .trivyignore.yaml', () => {
  const text = `vulnerabilities:
  - id: CVE-2024-1
    paths: ["app/**/package.json"]
    statement: not reachable
    expired_at: 2026-03-01
  - id: CVE-2024-2
    purls: ["pkg:deb/debian/libc6", "pkg:deb/debian/libx@1"]
`;
  const name = '.trivyignore.yaml';
  assert.deepEqual(readIgnoreFile(name, text).map(withoutCode), [
    { place: `${name}:2`, id: 'CVE-2024-1', reason: 'not reachable', expires: '2026-02-28' },
    { place: `${name}:6`, id: 'CVE-2024-2', reason: 'it is in the ignore file of Trivy' },
  ]);
  assert.equal(isIgnored(name, text, lodash), true);
  assert.equal(isIgnored(name, text, { ...lodash, path: 'opt/package.json' }), false);
  assert.equal(isIgnored(name, text, { id: 'CVE-2024-2' }), true);
  assert.equal(
    isIgnored(name, text, { id: 'CVE-2024-2', package: { purl: 'pkg:deb/debian/libx@2' } }),
    false,
  );
});

test('does not match a path of Trivy when the package is of a distribution', () => {
  const text = 'vulnerabilities:\n  - {id: CVE-2024-1, paths: ["var/lib/**"]}\n';
  assert.equal(isIgnored('a.yaml', text), false);
  assert.equal(isIgnored('a.yaml', text, { ...lodash, path: 'var/lib/x/package.json' }), true);
});

test('warns of rules of Trivy that are not on vulnerabilities', () => {
  const notes: string[] = [];
  const text = 'misconfigurations:\n  - id: AVD-DS-0001\nsecrets:\n  - id: x\nlicenses: []\n';
  assert.deepEqual(
    readIgnoreFile('t.yaml', text, (message) => notes.push(message)),
    [],
  );
  assert.deepEqual(notes, [
    't.yaml: its rules on misconfigurations and secrets have no effect: clair does not look for these',
  ]);
});

test('refuses a rule of Trivy with its line when clair cannot evaluate it as Trivy does', () => {
  const list = (rule: string): string => `vulnerabilities:\n  - ${rule}\n`;
  for (const [rule, message] of [
    ['{id: CVE-1, path: a}', /^t\.yaml:2 has the key "path", which an ignore file of Trivy does not have/],
    ['{paths: [a]}', /^t\.yaml:2 is not valid in an ignore file of Trivy: id /],
    [
      '{id: CVE-1, paths: ["a/{b,c}"]}',
      /pattern "a\/\{b,c\}": a path supports only the wildcards \* and \*\*/,
    ],
    ['{id: CVE-1, purls: [libc6]}', /"libc6", which is not a valid package URL/],
    ['{id: CVE-1, expired_at: soon}', /expired_at/],
  ] as const)
    assert.match(refusalMessage('t.yaml', list(rule)), message);
});

test('matches an ignore rule of .grype.yaml when all its conditions match', () => {
  const rules = (rule: string): string => `ignore:\n  - ${rule}\n`;
  for (const [rule, expected, one] of [
    ['{vulnerability: CVE-2024-1, reason: x}', true, {}],
    ['{vulnerability: CVE-2024-1, fix-state: fixed}', true, {}],
    ['{vulnerability: CVE-2024-1, fix-state: not-fixed}', false, {}],
    ['{fix-state: not-fixed}', true, { fix: { state: 'unfixed' } }],
    ['{fix-state: not-fixed}', false, { fix: { state: 'deferred' } }],
    ['{fix-state: wont-fix}', true, { fix: { state: 'will-not-fix' } }],
    ['{package: {name: libc6, version: 2.36-9, type: deb}}', true, {}],
    ['{package: {name: libc6, type: rpm}}', false, {}],
    ['{package: {upstream-name: glibc}}', true, {}],
    ['{package: {language: javascript}}', true, lodash],
    ['{package: {location: "/app/node_modules/**"}}', true, lodash],
    ['{package: {location: "**/lodash/*.json"}}', true, lodash],
    ['{package: {location: "/node_modules/**"}}', false, lodash],
    ['{package: {location: "/var/lib/dpkg/status"}}', true, {}],
    ['{vulnerability: CVE-2024-1, namespace: "debian:distro:debian:12"}', true, {}],
    ['{vulnerability: CVE-2024-1, namespace: "debian:distro:debian:11"}', false, {}],
    [
      '{vulnerability: CVE-2024-1, namespace: "alpine:distro:alpine:3.20"}',
      true,
      { namespace: 'alpine:v3.20' },
    ],
    ['{vulnerability: CVE-2024-1, namespace: "github:language:javascript"}', true, lodash],
  ] as readonly (readonly [string, boolean, FindingFacts])[])
    assert.equal(isIgnored('.grype.yaml', rules(rule), one), expected, rule);
});

test('warns of other settings of .grype.yaml, and refuses rules that clair cannot evaluate as Grype does', () => {
  const notes: string[] = [];
  const text = 'fail-on-severity: high\nignore:\n  - vulnerability: CVE-2024-1\nexclude: [a]\n';
  const [rule] = readIgnoreFile('.grype.yaml', text, (message) => notes.push(message));
  assert.equal(rule?.place, '.grype.yaml:3');
  assert.deepEqual(notes, [
    '.grype.yaml: clair reads only its ignore rules and ignores fail-on-severity, exclude',
  ]);
  for (const [one, message] of [
    ['{}', /^\.grype\.yaml:2 would ignore everything/],
    ['{reason: x}', /would ignore everything/],
    ['{vex-status: not_affected}', /has a condition on VEX: pass the documents with --vex/],
    ['{vulnerability: a, match-type: exact-direct-match}', /has a match-type/],
    [
      '{vulnerability: a, fix-state: unknown}',
      /fix-state "unknown": clair supports fixed, not-fixed and wont-fix/,
    ],
    ['{vulnerability: a, namespace: "nvd:cpe"}', /unknown namespace "nvd:cpe"/],
    ['{package: {name: "lib.*"}}', /pattern "lib\.\*" as the name/],
    ['{package: {type: binary}}', /package type binary, which clair does not support/],
    ['{package: {location: "app/**"}}', /must begin with \/ or \*\*\//],
    ['{vulnerability: a, packge: {name: b}}', /key "packge", which a rule of Grype does not have/],
  ] as const)
    assert.match(refusalMessage('.grype.yaml', `ignore:\n  - ${one}\n`), message, one);
});

test('suggests the key of clair when a rule has a key of another tool', () => {
  for (const [key, meant] of [
    ['cve', 'id'],
    ['location', 'path'],
    ['expired_at', 'expires'],
    ['statement', 'reason'],
  ])
    assert.match(
      refusalMessage('rules.yaml', `ignore:\n  - {id: a, reason: b, ${key}: c}\n`),
      new RegExp(`rules\\.yaml:2 unknown key "${key}"; did you mean ${meant}\\?`),
    );
});
