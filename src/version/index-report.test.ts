import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { corpus, corpusTest } from '../testing/corpus.ts';
import { go } from './go.ts';

/** A package of an index report of Clair v4. */
interface IndexedPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** `semver:0.1.22.9.0.0.0.0.0.0`. Absent if Clair v4 cannot order the version. */
  readonly normalized_version?: string;
}

interface IndexReport {
  readonly packages: Readonly<Record<string, IndexedPackage>>;
  readonly environments: Readonly<Record<string, readonly { readonly package_db: string }[]>>;
}

function goPackages(): IndexedPackage[] {
  const file = corpus('golden/index-reports/rhacs-main-rhel8.index.json');
  const { packages, environments } = JSON.parse(readFileSync(file, 'utf8')) as IndexReport;
  return Object.values(packages).filter(({ id }) =>
    environments[id]?.some(({ package_db: database }) => database.startsWith('go:')),
  );
}

/** Compares the numbers of normalized versions. */
function compareNumbers(one: string, other: string): number {
  const [a = [], b = []] = [one, other].map((text) => text.replace('semver:', '').split('.').map(Number));
  const difference = a.map((number, index) => number - (b[index] ?? 0)).find((each) => each !== 0);
  return Math.sign(difference ?? 0);
}

corpusTest('orders Go modules of an index report of Clair v4 as it does', () => {
  // Rule: Clair v4 drops pre-releases and builds, which have an order of their own here.
  const releases = goPackages().filter(
    ({ version, normalized_version: normalized }) => normalized !== undefined && !/[-+]/.test(version),
  );
  assert.ok(releases.length > 200);
  for (const one of releases)
    for (const other of releases)
      assert.equal(
        Math.sign(go.compare(one.version, other.version) ?? Number.NaN),
        compareNumbers(one.normalized_version ?? '', other.normalized_version ?? ''),
        `${one.version} ${other.version}`,
      );
});

corpusTest('can order all Go modules of an index report of Clair v4 but that of the application', () => {
  const packages = goPackages();
  assert.equal(packages.length, 440);
  assert.deepEqual(
    packages.filter(({ version }) => go.compare(version, version) !== 0).map(({ name }) => name),
    ['github.com/stackrox/rox'],
  );
});
