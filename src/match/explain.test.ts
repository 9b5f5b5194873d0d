import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('the first check that does not hold is the last one that is made', () => {
  const trixie = { name: 'debian:13', versionScheme: 'dpkg' };
  assert.equal(
    last({ namespace: trixie }),
    'namespace false: it speaks of debian:13; the package belongs to debian:12',
  );
  assert.equal(last({}, libc, 'a user wrote otherwise'), 'source false: a user wrote otherwise');
  assert.equal(
    last({ affectedPackage: 'musl' }),
    'package false: it speaks of musl; libc6 is looked up as glibc',
  );
  assert.equal(
    last({ fix: { state: 'not-affected' } }),
    'state false: it says that the package is not affected',
  );
  assert.equal(last({ range: { to: '2.36-9' } }), 'version false: 2.36-9 is not < 2.36-9');
  assert.equal(last({ range: {} }), 'version true: it speaks of every version, and so of 2.36-9');
});

test('builds of another kind are told apart', () => {
  const module = { namespace: rhel, affectedPackage: 'nodejs', range: { to: '1:18.2-1' } };
  assert.match(
    last({ ...module, only: { module: 'nodejs:16' } }, nodejs),
    /^build false: it is about builds of the module nodejs:16; the installed build \(x86_64, module nodejs:18:2023:rhel8\) is none of that$/,
  );
  assert.match(
    last(module, nodejs),
    /^build false: it asks for no particular build, and the installed build .* is a particular one$/,
  );
  assert.match(last({ ...module, only: { module: 'nodejs:18', arch: ['aarch64'] } }, nodejs), /^build false/);
  assert.match(last({ ...module, only: { module: 'nodejs:18', arch: ['x86_64'] } }, nodejs), /^version true/);
  assert.match(
    last({ ...module, only: { arch: ['src'], module: '*' }, range: { to: '1:18.0-2' } }, nodejs),
    /^version true: 1:18.0-1 is < 1:18.0-2$/,
  );
});

test('a bound of rpm without a release speaks of all releases, and it is said', () => {
  const { modularity, ...plain } = nodejs;
  assert.notEqual(modularity, undefined);
  const item = { ...plain, version: '1.0-7', lookup: { ...nodejs.lookup, version: '1.0-7' } };
  assert.equal(
    last({ namespace: rhel, affectedPackage: 'nodejs', range: { to: '1.0', toIncluded: true } }, item),
    'version true: 1.0-7 is ≤ 1.0 (a bound without a release speaks of all its releases)',
  );
});

test('versions without an order leave it open', () => {
  const item = { ...libc, lookup: { ...libc.lookup, version: 'not a version' } };
  assert.match(last({}, item), /^version null: not a version cannot be ordered with < 2.36-10$/);
  const strange = { name: 'debian:12', versionScheme: 'runes' };
  assert.match(last({ namespace: strange }), /^version null: .*nothing orders runes versions$/);
});
