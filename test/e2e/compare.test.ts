import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Comparison, PeerComparison } from '../../src/model/comparison.ts';
import { appImage, appImages, expectedImage } from '../../src/testing/app-images.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { peerDocuments } from '../../src/testing/peer-documents.ts';
import { clair, inCheckout, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

/** Runs `clair compare` with one report of another scanner. */
function compare(target: string, peer: unknown, ...options: readonly string[]): PeerComparison {
  const file = join(scratch, 'peer.json');
  writeFileSync(file, JSON.stringify(peer));
  const run = clair(['compare', target, '--with', file, '--format', 'json', ...options]);
  assert.equal(run.status, 0, run.stderr);
  const { peers } = JSON.parse(run.stdout) as Comparison;
  assert.ok(peers[0]);
  return peers[0];
}

function unexplainedOf({ differences }: PeerComparison): string[] {
  return differences
    .filter(({ rule }) => rule === 'unexplained')
    .map(
      ({ reportedBy, id, package: item }) => `${reportedBy} ${item.type} ${item.name} ${item.version} ${id}`,
    );
}

const ecosystems: Readonly<Record<string, string>> = {
  npm: 'npm',
  pypi: 'PyPI',
  maven: 'Maven',
  golang: 'Go',
  gem: 'RubyGems',
  composer: 'Packagist',
  cargo: 'crates.io',
  nuget: 'NuGet',
  hex: 'Hex',
};

interface RecordedFinding {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly ids: readonly string[];
  readonly aliases: readonly string[];
}

/**
 * Writes the recorded findings of osv-scanner as it does with `--all-packages`. In `mixed-debian` it was given the packages that Debian owns
 * only: the recording has no finding of another one.
 */
function osvReport(image: string): object {
  const text = readFileSync(corpus(`apps/${image}/peers/osv-findings.json`), 'utf8');
  const { findings } = JSON.parse(text) as { readonly findings: readonly RecordedFinding[] };
  const scanned = expectedImage(image).packages.flatMap(({ type, name, version, owner }) => {
    const ecosystem = ecosystems[type];
    const isScanned = image !== 'mixed-debian' || owner !== undefined;
    return ecosystem !== undefined && version !== null && isScanned ? [{ ecosystem, name, version }] : [];
  });
  const keyOf = ({
    ecosystem,
    name,
    version,
  }: Pick<RecordedFinding, 'ecosystem' | 'name' | 'version'>): string =>
    JSON.stringify([ecosystem, name, version]);
  const packages = Array.from(
    Map.groupBy([...scanned.map((one) => ({ ...one, ids: [], aliases: [] })), ...findings], keyOf),
    ([key, rows]) => {
      const [ecosystem, name, version] = JSON.parse(key) as string[];
      const found = rows.filter(({ ids }) => ids.length > 0);
      return {
        package: { ecosystem, name, version },
        vulnerabilities: found.flatMap(({ ids, aliases }) => ids.map((id) => ({ id, aliases }))),
        groups: found.map(({ ids, aliases }) => ({ ids, aliases })),
      };
    },
  );
  return { results: [{ source: { path: 'expected.cdx.json', type: 'sbom' }, packages }] };
}

for (const image of appImages())
  corpusTest(`explains each difference from the findings of osv-scanner in ${image}`, () => {
    const options = ['--mirror', corpusMirror(), '--db', join(scratch, 'compare.db'), '--no-lookups'];
    assert.deepEqual(unexplainedOf(compare(appImage(image), osvReport(image), ...options)), []);
  });

const exampleImage = inCheckout('examples/image.tar');
const exampleOptions = ['--mirror', inCheckout('examples/mirror'), '--db', join(scratch, 'example.db')];

/** Findings of the example image: one that Clair has, one of a version that is not affected, one that no advisory has. */
const examplePeer = {
  ...peerDocuments.trivy,
  Results: [
    {
      Target: 'image.tar (alpine 3.20.3)',
      Class: 'os-pkgs',
      Type: 'alpine',
      Packages: [
        { Name: 'redis', Version: '7.2.5-r0' },
        { Name: 'zlib', Version: '1.3.1-r1' },
      ],
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2024-31449',
          PkgName: 'redis',
          InstalledVersion: '7.2.5-r0',
          Severity: 'HIGH',
        },
        { VulnerabilityID: 'CVE-2022-37434', PkgName: 'zlib', InstalledVersion: '1.3.1-r1', Severity: 'LOW' },
        { VulnerabilityID: 'CVE-2099-1000', PkgName: 'zlib', InstalledVersion: '1.3.1-r1', Severity: 'LOW' },
      ],
    },
  ],
};

test('names the rule of each difference, and what the advisory says', () => {
  const { agreed, differences } = compare(exampleImage, examplePeer, ...exampleOptions);
  assert.equal(agreed, 1);
  const rows = differences
    .filter(({ reportedBy }) => reportedBy === 'peer')
    .map(({ id, rule, detail }) => [id, rule, detail]);
  assert.deepEqual(rows, [
    ['CVE-2022-37434', 'peer/version-order', 'alpine CVE-2022-37434: 1.3.1-r1 is not < 1.2.12-r2'],
    ['CVE-2099-1000', 'peer/no-advisory', undefined],
  ]);
  const unlisted = differences.filter(({ package: item }) => item.name === 'busybox');
  assert.deepEqual(new Set(unlisted.map(({ rule }) => rule)), new Set(['clair/not-listed']));
});

test('compares a saved report like its image', () => {
  const saved = join(scratch, 'saved.json');
  assert.equal(
    clair(['scan', exampleImage, ...exampleOptions, '--format', 'json', '--output', saved]).status,
    0,
  );
  const ofImage = compare(exampleImage, examplePeer, ...exampleOptions);
  assert.deepEqual(compare(saved, examplePeer, ...exampleOptions), ofImage);
});

test('compares with several reports, and prints a table', () => {
  const files = (['grype', 'snyk'] as const).map((format) => {
    const file = join(scratch, `${format}.json`);
    writeFileSync(file, JSON.stringify(peerDocuments[format]));
    return ['--with', file];
  });
  const run = clair(['compare', exampleImage, ...files.flat(), ...exampleOptions]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /^\S+image\.tar: 10 packages, 13 findings, vulnerable\n/);
  assert.match(
    run.stdout,
    /grype\.json: Grype 0\.116\.0, of 2024-05-01, 2 findings\n0 in both, 13 only in Clair/,
  );
  assert.match(run.stdout, /snyk\.json: Snyk, 2 findings\n/);
  assert.match(run.stdout, /\nONLY IN {2}PACKAGE +VERSION +VULNERABILITY +SEVERITY +RULE +DETAIL\n/);
});

test('ends with 3 and the file for a report that is cut, unknown or missing, and with 2 for a wrong call', () => {
  const cut = join(scratch, 'cut.json');
  writeFileSync(cut, JSON.stringify(examplePeer).slice(0, 500));
  const statusOf = (...options: readonly string[]): [number | null, string] => {
    const { status, stdout, stderr } = clair([
      'compare',
      exampleImage,
      ...options,
      '--offline',
      '--db',
      ':memory:',
    ]);
    assert.equal(stdout, '');
    return [status, stderr];
  };
  const [status, message] = statusOf('--with', cut);
  assert.equal(status, 3);
  assert.match(
    message,
    /^clair: \S+cut\.json: the report is not JSON: .+; write the report again, or leave it out\n$/,
  );
  assert.equal(statusOf('--with', exampleImage)[0], 3);
  assert.equal(statusOf('--with', join(scratch, 'none.json'))[0], 3);
  assert.deepEqual(statusOf(), [2, 'clair: name the report of another scanner: --with FILE\n']);
  assert.equal(statusOf('--with', cut, '--with', cut)[0], 2);
});
