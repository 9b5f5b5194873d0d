import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod/mini';
import type { Report } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { clair, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';
import { languageAdvisories, type OsvAdvisory, writeOsvMirror } from './osv-mirror.ts';

const caseSchema = z.object({
  case: z.string(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  advisories: z.array(
    z.object({
      platform: z.string(),
      package: z.string(),
      id: z.string(),
      value: z.object({ VulnerableVersions: z.optional(z.array(z.string())) }),
    }),
  ),
  expected: z.array(z.object({ id: z.string(), package: z.string(), installed_version: z.string() })),
});

type GoldenCase = z.output<typeof caseSchema>;

/** Writes a mirror of advisories. */
function writeMirror(name: string, advisories: readonly OsvAdvisory[]): string {
  const place = join(scratch, name);
  writeOsvMirror(place, advisories);
  return place;
}

/** Options that correspond to those of the other scanner. */
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  'gomod-with-fs-subcommand': ['--exclude', 'submod2'],
  'gomod-with-skip-dirs': ['--exclude', 'submod2'],
  'gomod-with-skip-files': ['--exclude', 'submod2'],
};

/** The only differences that are allowed, as `case: side row`, each with its reason. */
const rules: Readonly<Record<string, { readonly reason: string; readonly differences: readonly string[] }>> =
  {
    'own-code': {
      reason: 'the project itself is not a dependency',
      differences: [
        'cargo-lock: missing app 0.1.0',
        'uv: missing uv-test 0.1.0',
        'yarn: missing integration 1.0.0',
      ],
    },
    'all-groups': {
      reason: 'packages for development are declared, and these lock files do not say which are',
      differences: [
        ...['', '-i686-pc-windows-gnu', '-x86_64-pc-windows-gnu'].map(
          (part) => `cargo-lock: extra winapi${part} ${part === '' ? '0.3.9' : '0.4.0'}`,
        ),
        ...['yarn: extra asap 2.0.6', 'yarn: extra promise 8.0.3'],
      ],
    },
    inventory: {
      reason: 'no source of advisories has packages of Conan',
      differences: ['conan: missing pcre 8.43 CVE-2020-14155'],
    },
    'no-vex-repository': {
      reason: 'the repository of VEX statements of the other scanner is not part of the case',
      differences: [
        'gomod-with-vex-repository: extra github.com/open-policy-agent/opa v0.35.0 CVE-2022-23628',
      ],
    },
    'installed-list': {
      reason: 'installed.json outside of vendor/composer is neither a lock file nor an installation',
      differences: [
        ...['guzzlehttp/psr7 1.8.3', 'guzzlehttp/psr7 1.8.3 CVE-2022-24775', 'psr/http-message 1.1'],
        'ralouphie/getallheaders 3.0.3',
      ].map((row) => `installed-json: missing ${row}`),
    },
  };

corpusTest('lists and finds in source trees what the golden cases state, except by a rule', () => {
  const names = readdirSync(corpus('golden/trivy-repo')).sort();
  const database = join(scratch, 'source-trees.db');
  const differences: string[] = [];
  for (const name of names) {
    const golden = caseSchema.parse(
      JSON.parse(readFileSync(corpus(`golden/trivy-repo/${name}/case.json`), 'utf8')),
    );
    const mirror = writeMirror('golden-mirror', languageAdvisories(golden));
    const target = `dir:${corpus(`golden/trivy-repo/${name}/input`)}`;
    const scanned = report(
      'scan',
      target,
      '--db',
      database,
      '--mirror',
      mirror,
      '--no-lookups',
      ...(optionsOf[name] ?? []),
    );
    differences.push(...differencesFrom(golden, scanned).map((difference) => `${name}: ${difference}`));
  }
  const explained = Object.values(rules).flatMap((rule) => rule.differences);
  assert.deepEqual(differences.sort(), [...explained].sort());
});

const lock = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { name: 'app', version: '1.0.0' },
    'node_modules/left': { version: '1.0.0' },
    'node_modules/right': { version: '2.0.0', dev: true },
  },
});

const osRelease = { ID: 'alpine', VERSION_ID: '3.20.0', PRETTY_NAME: 'Alpine Linux v3.20' };
const installed = { 'lib/apk/db/installed': 'P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\n' };
const advisories: readonly OsvAdvisory[] = [
  { id: 'CVE-2024-0001', ecosystem: 'npm', package: 'left', ranges: ['< 1.0.1'] },
];

function writeTree(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(scratch, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** Scans a directory with the advisories above. */
function scan(root: string, ...options: readonly string[]): Report {
  const mirror = writeMirror('tree-mirror', advisories);
  return report('scan', `dir:${root}`, '--db', ':memory:', '--mirror', mirror, '--no-lookups', ...options);
}

function rowsOf(packages: Report['packages']): string[] {
  return packages.map(({ purl, evidence }) => `${purl} ${evidence ?? 'database'}`).sort();
}

test('counts findings of a lock file in the gate when the directory is a source tree', () => {
  const root = writeTree('tree', { 'web/package-lock.json': lock, 'node_modules/x/package-lock.json': lock });
  const { packages, matches, verdict } = scan(root);
  assert.deepEqual(rowsOf(packages), ['pkg:npm/left@1.0.0 declared', 'pkg:npm/right@2.0.0 declared']);
  assert.deepEqual(
    matches.map((match) => [match.vulnerability.id, match.package.location.path]),
    [['CVE-2024-0001', 'web/package-lock.json']],
  );
  assert.equal(verdict, 'vulnerable');
  const mirror = writeMirror('tree-mirror', advisories);
  const gated = [
    'scan',
    `dir:${root}`,
    '--db',
    ':memory:',
    '--mirror',
    mirror,
    '--no-lookups',
    '--fail-on',
    'high',
  ];
  assert.equal(clair(gated).status, 1);
});

test('lists installed packages instead of declared ones, and others that are only declared', () => {
  const root = writeTree('tree-installed', {
    'package-lock.json': lock,
    'node_modules/left/package.json': '{"name":"left","version":"1.0.1"}',
    'other/package-lock.json': lock,
    'go.mod': 'module example.org/a\n\ngo 1.21\n\nrequire example.org/b v1.0.0\n',
  });
  assert.deepEqual(rowsOf(scan(root).packages), [
    'pkg:golang/example.org/b@v1.0.0 declared',
    'pkg:npm/left@1.0.0 declared',
    'pkg:npm/left@1.0.1 installed',
    'pkg:npm/right@2.0.0 declared',
  ]);
});

test('leaves out a declared package when it is installed below its lock file, unless asked for it', () => {
  const files = {
    'package-lock.json': lock,
    'node_modules/left/package.json': '{"name":"left","version":"1.0.1"}',
  };
  const root = writeTree('tree-installed-below', files);
  const installed = ['pkg:npm/left@1.0.1 installed', 'pkg:npm/right@2.0.0 declared'];
  assert.deepEqual(rowsOf(scan(root).packages), installed);
  assert.deepEqual(rowsOf(scan(root, '--include-declared').packages), [
    'pkg:npm/left@1.0.0 declared',
    ...installed,
  ]);
});

test('does not read a lock file in an image when it is not asked to', () => {
  const root = join(scratch, 'image-with-lock');
  writeSystem(root, osRelease, { ...installed, 'app/package-lock.json': lock });
  const { packages, statuses } = scan(root);
  assert.deepEqual(rowsOf(packages), [
    'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.0 database',
  ]);
  assert.ok(statuses.every(({ extension }) => !extension.startsWith('declared-')));
});

test('lists a lock file in an image without counting its findings when it is asked to', () => {
  const root = join(scratch, 'image-with-lock-included');
  writeSystem(root, osRelease, { ...installed, 'app/package-lock.json': lock });
  const { packages, matches, suppressed } = scan(root, '--include-declared');
  assert.equal(packages.filter(({ evidence }) => evidence === 'declared').length, 2);
  assert.deepEqual(matches, []);
  assert.deepEqual(
    suppressed.map(({ vulnerability, reason }) => [vulnerability.id, reason]),
    [
      [
        'CVE-2024-0001',
        'a lock file or manifest requires the package, and nothing shows that it is installed',
      ],
    ],
  );
});

test('is not clean and names the file when a lock file is damaged or states no version', () => {
  const root = writeTree('tree-damaged', {
    'a/package-lock.json': '{"packages":',
    'b/package-lock.json': JSON.stringify({ packages: { 'node_modules/right': { version: '2.0.0' } } }),
    'c/requirements.txt': 'flask>=2\n',
  });
  const { verdict, statuses } = scan(root);
  assert.equal(verdict, 'not-assessed');
  const problems = statuses.flatMap(({ extension, status, files }) =>
    files.map(({ path, problem }) => `${extension} ${status} ${path} ${(problem ?? '').slice(0, 22)}`),
  );
  assert.deepEqual(problems, [
    'declared-npm partly-failed a/package-lock.json is not JSON: Unexpecte',
    'declared-pypi failed c/requirements.txt flask has no exact ver',
  ]);
});

test('reads lock files on the second thread as on the first', () => {
  const root = writeTree('tree-threads', { 'package-lock.json': lock });
  assert.deepEqual(rowsOf(scan(root, '--timeout', '100s').packages), rowsOf(scan(root).packages));
});

function differencesFrom(
  { packages, expected }: GoldenCase,
  { packages: listed, matches }: Report,
): string[] {
  const rows = listed.map(({ name, version }) => `${name} ${version}`);
  const findings = matches.map(
    (match) => `${match.package.name} ${match.package.version} ${match.vulnerability.id}`,
  );
  return [
    ...(packages.length === 0
      ? []
      : compared(
          packages.map(({ name, version }) => `${name} ${version}`),
          rows,
        )),
    ...compared(
      expected.map((one) => `${one.package} ${one.installed_version} ${one.id}`),
      findings,
    ),
  ];
}

function compared(expected: readonly string[], actual: readonly string[]): string[] {
  const missing = new Set(expected.filter((row) => !actual.includes(row)));
  const extra = new Set(actual.filter((row) => !expected.includes(row)));
  return [...Array.from(missing, (row) => `missing ${row}`), ...Array.from(extra, (row) => `extra ${row}`)];
}
