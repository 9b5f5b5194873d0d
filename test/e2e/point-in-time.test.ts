import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Difference } from '../../src/model/difference.ts';
import type { Explanation } from '../../src/model/explanation.ts';
import type { Report } from '../../src/model/report.ts';
import { clair, type Run, report, scratch } from './clair.ts';
import { databases, type ListedPackage, writeSystem } from './listed-system.ts';

const place = join(scratch, 'time');
const mirror = join(place, 'mirror');
const database = join(place, 'time.db');
const common = ['--mirror', mirror, '--db', database] as const;

/** Writes the feeds of Alpine 3.19 with the fixed version of each package. */
function publish(fixes: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>): void {
  const packages = Object.entries(fixes).map(([name, secfixes]) => ({ pkg: { name, secfixes } }));
  for (const [repository, content] of [
    ['main', packages],
    ['community', []],
  ] as const) {
    const file = join(mirror, `secdb.alpinelinux.org/v3.19/${repository}.json`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ distroversion: 'v3.19', reponame: repository, packages: content }));
  }
}

function system(name: string, packages: readonly (readonly [name: string, version: string])[]): string {
  const root = join(place, name);
  const listed = packages.map(([item, version]): ListedPackage => ({ name: item, version, arch: 'x86_64' }));
  const release = { ID: 'alpine', VERSION_ID: '3.19.1', PRETTY_NAME: 'Alpine Linux v3.19' };
  writeSystem(root, release, databases.apk(listed));
  return `dir:${root}`;
}

function update(): void {
  const { status, stdout } = clair(['db', 'update', 'alpine', ...common]);
  assert.equal(status, 0, stdout);
}

function ended(run: Run, status: number): string {
  assert.equal(run.status, status, run.stderr);
  return run.stdout;
}

const ids = ({ matches }: Report): string[] => matches.map(({ vulnerability }) => vulnerability.id);

const old = system('old', [
  ['busybox', '1.36.0-r0'],
  ['zlib', '1.3-r0'],
  ['wget', '1.0-r0'],
]);
const next = system('next', [
  ['busybox', '1.36.1-r0'],
  ['zlib', '1.3-r0'],
  ['curl', '8.0-r0'],
]);

publish({
  busybox: { '1.36.1-r0': ['CVE-2024-1'] },
  zlib: { '1.3.1-r0': ['CVE-2024-2'] },
  curl: { '8.1-r0': ['CVE-2024-3'] },
});
update();
const before = report('scan', old, ...common, '--offline', '--no-lookups');
const between = new Date().toISOString();
publish({ busybox: { '1.36.2-r0': ['CVE-2024-1', 'CVE-2025-4'] }, curl: { '8.1-r0': ['CVE-2024-3'] } });
update();

test('reproduces an earlier report with --as-of', () => {
  assert.deepEqual(ids(before), ['CVE-2024-1', 'CVE-2024-2']);
  assert.deepEqual(ids(report('scan', old, ...common)), ['CVE-2024-1', 'CVE-2025-4']);
  const then = report('scan', old, ...common, '--as-of', between, '--no-lookups');
  const { coverage: was, ...rest } = before;
  const { coverage: is, ...same } = then;
  assert.deepEqual(same, rest);
  assert.deepEqual(
    is.map(({ fetchedAt, status }) => [fetchedAt, status]),
    was.map(({ fetchedAt, status }) => [fetchedAt, status]),
  );
});

test('is never clean as of a time before the first update', () => {
  const run = clair(['scan', old, ...common, '--as-of', '2020-01-31', '--fail-on', 'low']);
  assert.match(ended(run, 4), /not yet loaded at that time/);
  assert.match(clair(['scan', old, ...common, '--as-of', '2126-01-31']).stderr, /is in the future/);
  assert.equal(clair(['scan', old, ...common, '--as-of', 'soon']).status, 2);
});

test('says since when the database has the advisories when --as-of names an earlier time', () => {
  const early = ['--as-of', '2020-01-31'] as const;
  const [covered] = report('scan', old, ...common, ...early).coverage;
  const since = covered?.loadedSince ?? '';
  assert.match(
    covered?.reason ?? '',
    new RegExp(`the database has all of its advisories since ${since}: name`),
  );
  assert.ok(Date.parse(since) < Date.parse(between), since);
  const table = clair(['scan', old, ...common, ...early]).stdout.replaceAll(/\s+/g, ' ');
  assert.ok(
    table.includes(`The database has these advisories since ${since}. Name that time or a later one`),
  );
  assert.doesNotMatch(table, /db update/);
  assert.deepEqual(ids(report('scan', old, ...common, '--as-of', since)), ['CVE-2024-1', 'CVE-2024-2']);
});

test('does not advise an update when --as-of is used with a database that never loaded the advisories', () => {
  const args = ['scan', old, '--db', join(place, 'empty.db'), '--as-of', '2020-01-31'] as const;
  assert.equal(report(...args).coverage[0]?.loadedSince, null);
  const table = clair(args).stdout.replaceAll(/\s+/g, ' ');
  assert.match(table, /The database never loaded these advisories.* Leave out --as-of\./);
  assert.doesNotMatch(table, /db update/);
});

test('explain supports --as-of', () => {
  const ask = (...options: readonly string[]): Explanation =>
    JSON.parse(
      ended(clair(['explain', old, 'CVE-2024-2', 'zlib', ...common, ...options, '--format', 'json']), 0),
    ) as Explanation;
  assert.deepEqual(
    ask('--as-of', between).packages.map(({ outcome }) => outcome),
    ['reported'],
  );
  const now = ask();
  assert.deepEqual(
    now.packages.map(({ outcome }) => outcome),
    ['not-reported'],
  );
  assert.deepEqual(now.remarks, ['no loaded advisory has the name CVE-2024-2']);
});

test('explain shows suppressed findings with the reason', () => {
  const rules = join(place, 'rules.yaml');
  writeFileSync(rules, 'ignore:\n  - id: CVE-2024-1\n    reason: we never call it\n');
  const outcomeOf = (...options: readonly string[]): string => {
    const run = clair(['explain', old, 'CVE-2024-1', ...common, '--format', 'json', ...options]);
    const { packages } = JSON.parse(ended(run, 0)) as Explanation;
    return packages.map(({ outcome, reason }) => `${outcome}: ${reason}`).join();
  };
  assert.equal(outcomeOf(), 'reported: Unknown, fixed in 1.36.2-r0');
  assert.equal(outcomeOf('--ignore', rules), `suppressed: ignored by ${rules}:2: we never call it`);
  assert.equal(outcomeOf('--new-since', old), `suppressed: it is not new: ${old} has it, too`);
  assert.equal(outcomeOf('--only-fixed'), 'reported: Unknown, fixed in 1.36.2-r0');
});

test('diff lists added and removed findings', () => {
  const difference = JSON.parse(
    ended(clair(['diff', old, next, ...common, '--format', 'json']), 0),
  ) as Difference;
  const { packages, findings } = difference;
  assert.deepEqual(
    packages.came.map(({ name }) => name),
    ['curl'],
  );
  assert.deepEqual(
    packages.went.map(({ name }) => name),
    ['wget'],
  );
  assert.deepEqual(
    packages.changed.map(({ name, from, to }) => [name, ...from, ...to]),
    [['busybox', '1.36.0-r0', '1.36.1-r0']],
  );
  assert.deepEqual(
    findings.came.map(({ id }) => id),
    ['CVE-2024-3'],
  );
  assert.deepEqual(findings.went, []);
  assert.equal(findings.stayed, 2);
  const text = ended(clair(['diff', old, next, ...common]), 0);
  assert.match(
    text,
    /\nPackages: 1 added, 1 removed, 1 changed\n {2}\+ curl {5}8\.0-r0 {17}apk\n {2}- wget {5}1\.0-r0 {17}apk\n {2}~ busybox {2}1\.36\.0-r0 → 1\.36\.1-r0 {2}apk\n/,
  );
  assert.match(
    text,
    /\nFindings: 1 added, 0 removed, 2 unchanged\n {2}\+ curl {2}8\.0-r0 {2}CVE-2024-3 {2}Unknown {2}8\.1-r0\n$/,
  );
});

test('reports and counts only findings that are new since a report or an image', () => {
  const file = join(place, 'earlier.json');
  ended(clair(['scan', old, ...common, '--format', 'json', '--output', file]), 0);
  for (const earlier of [file, old]) {
    const { matches, suppressed, verdict } = report('scan', next, ...common, '--new-since', earlier);
    assert.deepEqual(
      matches.map(({ vulnerability }) => vulnerability.id),
      ['CVE-2024-3'],
    );
    assert.deepEqual(
      suppressed.map(({ vulnerability, reason }) => `${vulnerability.id} ${reason}`),
      [
        `CVE-2024-1 it is not new: ${earlier} has it, too`,
        `CVE-2025-4 it is not new: ${earlier} has it, too`,
      ],
    );
    assert.equal(verdict, 'vulnerable');
  }
  const gate = (target: string): number | null =>
    clair(['scan', target, ...common, '--new-since', file, '--fail-on', 'unknown']).status;
  assert.equal(gate(next), 1);
  // Alpine 3.19 is out of support, so it is not assessed even without findings.
  assert.equal(gate(old), 4);
});

test('rejects what cannot be compared before it scans anything', () => {
  const file = join(place, 'other.json');
  writeFileSync(file, '{"schemaVersion": 7}');
  const run = clair(['diff', file, next, ...common]);
  ended(run, 3);
  assert.match(run.stderr, /other\.json is not a report of clair scan --format json/);
  assert.match(clair(['scan', next, ...common, '--new-since', 'nowhere.json']).stderr, /nowhere\.json/);
});
