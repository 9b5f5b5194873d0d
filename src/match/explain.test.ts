import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conditions } from '../model/vulnerability.ts';
import { dpkg } from '../version/dpkg.ts';
import { maven } from '../version/maven.ts';
import { rpm } from '../version/rpm.ts';
import { type ExplainedPackage, type ExplainedRow, explainRow } from './explain.ts';

const schemes = [dpkg, rpm, maven];
const bookworm = { name: 'debian:12', versionScheme: 'dpkg' };
const rhel = { name: 'rhel:8', versionScheme: 'rpm' };

const libc: ExplainedPackage = {
  type: 'deb',
  name: 'libc6',
  version: '2.36-9',
  arch: 'amd64',
  source: { name: 'glibc', version: '2.36-9' },
  lookup: { namespace: bookworm, name: 'glibc', version: '2.36-9' },
};

const row: ExplainedRow = {
  source: 'debian',
  namespace: bookworm,
  affectedPackage: 'glibc',
  range: { to: '2.36-10' },
  fix: { state: 'fixed', version: '2.36-10' },
};

const nodejs: ExplainedPackage = {
  type: 'rpm',
  name: 'nodejs',
  version: '1:18.0-1.module+el8',
  arch: 'x86_64',
  source: { name: 'nodejs', version: '18.0-1' },
  modularity: 'nodejs:18:2023:rhel8',
  lookup: {
    namespace: rhel,
    name: 'nodejs',
    version: '1:18.0-1.module+el8',
    source: { version: '1:18.0-1' },
  },
};

/** The last check that was made. */
function last(changed: Partial<ExplainedRow>, item: ExplainedPackage = libc, setAside?: string): string {
  const checks = explainRow({ ...row, ...changed }, item, { schemes, setAside });
  const { name, holds, words } = checks.at(-1) ?? { name: '', holds: undefined, words: '' };
  for (const check of checks.slice(0, -1)) assert.equal(check.holds, true);
  return `${name} ${holds}: ${words}`;
}

test('a row that makes a package vulnerable passes every check', () => {
  const checks = explainRow(row, libc, { schemes });
  assert.deepEqual(
    checks.map(({ name, holds }) => `${name} ${holds}`),
    ['namespace true', 'source true', 'package true', 'build true', 'state true', 'version true'],
  );
  assert.deepEqual(
    checks.at(-1)?.comparisons.map(({ bound, order }) => `${order} ${bound}`),
    ['< 2.36-10'],
  );
});

test('stops at the first check that fails', () => {
  const trixie = { name: 'debian:13', versionScheme: 'dpkg' };
  assert.equal(
    last({ namespace: trixie }),
    'namespace false: it covers debian:13; the package belongs to debian:12',
  );
  assert.equal(last({}, libc, 'a user wrote otherwise'), 'source false: a user wrote otherwise');
  assert.equal(
    last({ affectedPackage: 'musl' }),
    'package false: it covers musl; libc6 is looked up as glibc',
  );
  assert.equal(
    last({ fix: { state: 'not-affected' } }),
    'state false: it says that the package is not affected',
  );
  assert.equal(last({ range: { to: '2.36-9' } }), 'version false: 2.36-9 is not < 2.36-9');
  assert.equal(last({ range: {} }), 'version true: it covers every version, including 2.36-9');
});

test('distinguishes builds of another kind', () => {
  const module = { namespace: rhel, affectedPackage: 'nodejs', range: { to: '1:18.2-1' } };
  assert.match(
    last({ ...module, only: { module: 'nodejs:16' } }, nodejs),
    /^build false: it covers only builds of the module nodejs:16; the installed build \(x86_64, module nodejs:18:2023:rhel8\) is not one$/,
  );
  assert.match(
    last(module, nodejs),
    /^build false: it covers ordinary builds only; the installed build .* is not one$/,
  );
  assert.match(last({ ...module, only: { module: 'nodejs:18', arch: ['aarch64'] } }, nodejs), /^build false/);
  assert.match(last({ ...module, only: { module: 'nodejs:18', arch: ['x86_64'] } }, nodejs), /^version true/);
  assert.match(
    last({ ...module, only: { arch: ['src'], module: '*' }, range: { to: '1:18.0-2' } }, nodejs),
    /^version true: 1:18.0-1 is < 1:18.0-2$/,
  );
});

/** The message of one check on a row, independent of the other checks. */
function wordsOf(name: string, changed: Partial<ExplainedRow>, item: ExplainedPackage = libc): unknown {
  const checks = explainRow({ ...row, ...changed }, item, { schemes });
  return checks.find((check) => check.name === name)?.words;
}

test('states by which name the row covers a package', () => {
  const as = (name: string, own: string): ExplainedPackage => ({
    ...libc,
    name: own,
    lookup: { ...libc.lookup, name },
  });
  assert.equal(wordsOf('namespace', {}), 'it covers debian:12, the namespace of the package');
  assert.equal(wordsOf('package', {}), 'it covers glibc, its source package');
  assert.equal(wordsOf('package', {}, as('glibc', 'glibc')), 'it covers glibc, its name');
  const normal = { affectedPackage: 'zope-interface' };
  assert.equal(
    wordsOf('package', normal, as('zope-interface', 'zope.interface')),
    'it covers zope-interface, its name there',
  );
  const ofSource = { namespace: rhel, affectedPackage: 'node', only: { arch: ['src'], module: '*' } };
  const built = { ...nodejs, source: { name: 'node', version: '18.0-1' } };
  assert.equal(wordsOf('package', ofSource, built), 'it covers node, its source package');
  assert.equal(
    wordsOf('package', { ...ofSource, affectedPackage: 'nodejs' }, built),
    'it covers nodejs; nodejs is looked up as node',
  );
  const { source, ...unknown } = built;
  assert.notEqual(source, undefined);
  assert.equal(wordsOf('package', ofSource, unknown), 'it covers node; nodejs is looked up as nothing');
});

test('states all conditions of a row on the build', () => {
  const about = (only: Conditions, item = nodejs): unknown =>
    wordsOf('build', { namespace: rhel, affectedPackage: 'nodejs', only }, item);
  const { arch, modularity, ...bare } = nodejs;
  assert.ok(arch !== undefined && modularity !== undefined);
  const plain = { ...bare, version: '18.0-1' };
  assert.equal(wordsOf('build', {}), 'it has no condition on the build');
  assert.equal(about({}, plain), 'it has no condition on the build');
  assert.equal(
    about({ flavour: 'fips' }, plain),
    'it covers only fips builds; the installed build is not one',
  );
  assert.equal(
    about({ arch: ['x86_64', 'aarch64'], module: 'nodejs:18' }),
    'it covers only builds for x86_64, aarch64, builds of the module nodejs:18; ' +
      'the installed build (x86_64, module nodejs:18:2023:rhel8) is one',
  );
  assert.match(
    String(about({ arch: ['src'], module: '*' })),
    /^it covers only a source package, module builds; /,
  );
  const products = ['cpe:/a:redhat:openshift:4', 'cpe:/o:redhat:enterprise_linux:8'];
  assert.match(
    String(about({ products, module: '*' })),
    /^it covers only module builds, packages of cpe:\/a:redhat:openshift:4, cpe:\/o:redhat:enterprise_linux:8; /,
  );
});

test('states what the vendor says about a fix', () => {
  assert.equal(wordsOf('state', {}), 'it says that 2.36-10 has the fix');
  for (const [state, words] of [
    ['unfixed', 'it says that there is no fix yet'],
    ['deferred', 'it says that the fix is deferred'],
    ['will-not-fix', 'it says that this will not be fixed'],
    ['end-of-life', 'it says that the package is out of support'],
    ['under-investigation', 'the vendor is still investigating'],
  ] as const)
    assert.equal(wordsOf('state', { fix: { state } }), words);
});

test('adds no remark when the operators say the same as the range', () => {
  const said = (range: ExplainedRow['range']): unknown => wordsOf('version', { range });
  const version = '2.36-9';
  assert.equal(said({ from: version }), '2.36-9 is ≥ 2.36-9');
  assert.equal(said({ from: version, fromExcluded: true }), '2.36-9 is not > 2.36-9');
  assert.equal(said({ to: version }), '2.36-9 is not < 2.36-9');
  assert.equal(said({ to: version, toIncluded: true }), '2.36-9 is ≤ 2.36-9');
  assert.equal(said({ from: '2.36-1', to: '2.36-10' }), '2.36-9 is ≥ 2.36-1 and < 2.36-10');
  assert.equal(said({ from: '2.36-1', to: '2.36-2' }), '2.36-9 is not ≥ 2.36-1 and < 2.36-2');
  assert.equal(said({ from: '3', to: '4' }), '2.36-9 is not ≥ 3 and < 4');
});

test('remarks that an rpm bound without a release covers all releases', () => {
  const { modularity, ...plain } = nodejs;
  assert.notEqual(modularity, undefined);
  const item = { ...plain, version: '1.0-7', lookup: { ...nodejs.lookup, version: '1.0-7' } };
  assert.equal(
    last({ namespace: rhel, affectedPackage: 'nodejs', range: { to: '1.0', toIncluded: true } }, item),
    'version true: 1.0-7 is ≤ 1.0 (a bound without a release covers all its releases)',
  );
});

test('leaves the result open when versions have no order', () => {
  const item = { ...libc, lookup: { ...libc.lookup, version: 'not a version' } };
  assert.match(last({}, item), /^version null: not a version cannot be ordered with < 2.36-10$/);
  const unknownScheme = { name: 'debian:12', versionScheme: 'runes' };
  assert.match(last({ namespace: unknownScheme }), /^version null: .*nothing orders runes versions$/);
});
