import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod/mini';
import type { Report } from '../../src/model/report.ts';
import { report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

/** The output of the corpus' make-images.sh: the images, and what its `expect` found in them. */
const images = process.env['CLAIR_TEST_IMAGES'];
const skip = images === undefined && process.env['CI'] === undefined ? 'CLAIR_TEST_IMAGES is not set' : false;

const tracker = z.record(
  z.string(),
  z.record(
    z.string(),
    z.object({
      releases: z.record(z.string(), z.object({ status: z.string(), fixed_version: z.optional(z.string()) })),
    }),
  ),
);

interface Installed {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/**
 * Returns the packages of dpkg-query for the unpacked image. For an image without a dpkg database, returns the entries
 * of `status.d`: only name, version and architecture are comparable, since the list does not parse `Source`.
 */
function dpkgQuery(image: string): Installed[] {
  const lines = readFileSync(join(images ?? '', 'expected', `${image}.tsv`), 'utf8').split('\n');
  return lines
    .map((line) => line.split('\t'))
    .filter(([kind, , , , , , status]) => kind === 'deb' && (status === 'installed' || status === 'status.d'))
    .map(([, name = '', version = '', arch = '', source = '', sourceVersion = '']) => ({
      name,
      version,
      arch,
      source,
      sourceVersion,
    }));
}

/** Returns the pairs of versions whose first is older according to dpkg. One shell compares all. */
function olderPairs(pairs: Iterable<string>): Set<string> {
  const script = 'while read a b; do dpkg --compare-versions "$a" lt "$b" && echo "$a $b"; done; exit 0';
  const { status, stdout } = spawnSync('sh', ['-c', script], {
    input: `${[...pairs].join('\n')}\n`,
    encoding: 'utf8',
  });
  assert.equal(status, 0);
  return new Set(stdout.split('\n'));
}

/** Returns the findings that the tracker implies by dpkg's own comparison. */
function implied(suite: string, packages: readonly Installed[]): string[] {
  const file = join(corpusMirror(), 'security-tracker.debian.org/tracker/data/json');
  const issues = z.parse(tracker, JSON.parse(readFileSync(file, 'utf8')));
  const rows = packages.flatMap(({ name, source, sourceVersion }) =>
    Object.entries(issues[source] ?? {}).flatMap(([id, { releases }]) => {
      const release = releases[suite];
      if (release === undefined || release.status === 'undetermined') return [];
      const fixed = release.status === 'resolved' ? release.fixed_version : undefined;
      return fixed === '0'
        ? []
        : [{ finding: `${id} ${name} ${fixed ?? 'none'}`, pair: fixed && `${sourceVersion} ${fixed}` }];
    }),
  );
  const older = olderPairs(new Set(rows.flatMap(({ pair }) => pair ?? [])));
  return rows.flatMap(({ finding, pair }) => (pair === undefined || older.has(pair) ? [finding] : []));
}

/** Scans with the advisories of the corpus. */
function scan(target: string): Report {
  const path = join(images ?? '', target);
  assert.ok(existsSync(path), `${target} was not built`);
  return report('scan', path, '--mirror', corpusMirror(), '--db', join(scratch, 'debian.db'));
}

/** Returns the packages of the operating system in the order of the report. */
function ofSystem({ packages }: Report): Installed[] {
  return packages
    .filter(({ type }) => type === 'deb')
    .map(({ name, version, arch = '', source }) => ({
      name,
      version,
      arch,
      source: source?.name ?? '',
      sourceVersion: source?.version ?? '',
    }));
}

function byName(packages: readonly Installed[]): Installed[] {
  const key = ({ name, version, arch }: Installed): string => `${name} ${version} ${arch}`;
  return packages.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

for (const suite of ['trixie', 'bookworm', 'bullseye']) {
  void test(`Debian ${suite}: lists packages as dpkg-query does, and gives the findings that the tracker implies`, {
    skip,
  }, () => {
    for (const target of [`oci/debian-${suite}`, `docker/debian-${suite}.tar`]) {
      const actual = scan(target);
      const expected = dpkgQuery(`debian-${suite}`);
      assert.deepEqual(ofSystem(actual), byName(expected));
      const found = actual.matches.map(
        ({ vulnerability, package: item, fix }) =>
          `${vulnerability.id} ${item.name} ${fix.state === 'fixed' ? fix.version : 'none'}`,
      );
      assert.deepEqual(found.sort(), implied(suite, expected).sort());
      assert.ok(found.length > 0);
    }
  });
}

void test('Debian sid: lists packages as dpkg-query does, and does not assess them without advisories', {
  skip,
}, () => {
  const actual = scan('oci/debian-sid');
  assert.deepEqual(ofSystem(actual), byName(dpkgQuery('debian-sid')));
  assert.equal(actual.distro?.versionCodename, 'sid');
  assert.deepEqual(
    actual.coverage.map(({ namespace, status }) => `${namespace} ${status}`),
    // Its programs belong to packages without advisories.
    ['debian:unstable missing', 'generic unsupported'],
  );
  assert.equal(actual.verdict, 'not-assessed');
});

void test('lists the packages of a Debian image of five layers as dpkg-query does', { skip }, () => {
  const expected = byName(dpkgQuery('debian-layers'));
  const targets = ['oci/debian-layers', 'docker/debian-layers.tar'];
  for (const target of targets) {
    const actual = scan(target);
    assert.equal(actual.layers.length, 5, target);
    assert.deepEqual(byName(ofSystem(actual)), expected, target);
    // After the purge in the third layer, packages of the first and second remain with the layers that introduced them.
    const layers = new Set(actual.packages.map(({ location }) => location.layer));
    assert.ok(layers.has(actual.layers[0]?.diffId ?? null) && layers.has(actual.layers[1]?.diffId ?? null));
  }
  const [layout, archive] = targets.map(scan);
  assert.deepEqual(layout?.matches, archive?.matches);
});

void test('gives the same result for zstd and gzip layers', { skip }, () => {
  for (const target of built('oci/debian-bookworm-zstd')) {
    const { packages, matches } = scan(target);
    const other = scan('oci/debian-bookworm');
    assert.deepEqual(packages, other.packages);
    assert.deepEqual(matches, other.matches);
  }
});

void test('lists the entries of status.d of an image without a dpkg database', { skip }, () => {
  for (const target of ['oci/distroless', 'docker/distroless.tar']) {
    const nevra = ({ name, version, arch }: Installed): string => `${name} ${version} ${arch}`;
    const actual = scan(target);
    assert.deepEqual(ofSystem(actual).map(nevra).sort(), dpkgQuery('distroless').map(nevra).sort());
    assert.equal(actual.distro?.id, 'debian');
  }
});

/** Returns the targets that were built. make-images.sh builds zstd images only on request. */
function built(target: string): string[] {
  return existsSync(join(images ?? '', target)) ? [target] : [];
}
