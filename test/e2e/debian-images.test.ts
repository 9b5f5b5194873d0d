import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

/** Where the corpus' make-images.sh has put its images (targets `debian expect`). */
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

/** What dpkg-query itself lists of the unpacked image. */
function dpkgQuery(suite: string): Installed[] {
  const lines = readFileSync(join(images ?? '', 'expected', `debian-${suite}.tsv`), 'utf8').split('\n');
  return lines
    .map((line) => line.split('\t'))
    .filter(([kind, , , , , , status]) => kind === 'deb' && status === 'installed')
    .map(([, name = '', version = '', arch = '', source = '', sourceVersion = '']) => ({
      name,
      version,
      arch,
      source,
      sourceVersion,
    }));
}

function isOlder(a: string, b: string): boolean {
  const { status } = spawnSync('dpkg', ['--compare-versions', a, 'lt', b]);
  return status === 0;
}

/** The findings the tracker implies, by dpkg's own comparison. */
function implied(suite: string, packages: readonly Installed[]): string[] {
  const file = join(corpusMirror(), 'security-tracker.debian.org/tracker/data/json');
  const issues = z.parse(tracker, JSON.parse(readFileSync(file, 'utf8')));
  return packages.flatMap(({ name, source, sourceVersion }) =>
    Object.entries(issues[source] ?? {}).flatMap(([id, { releases }]) => {
      const release = releases[suite];
      if (release === undefined || release.status === 'undetermined') return [];
      const fixed = release.status === 'resolved' ? release.fixed_version : undefined;
      const isAffected = fixed === undefined || (fixed !== '0' && isOlder(sourceVersion, fixed));
      return isAffected ? [`${id} ${name} ${fixed ?? 'none'}`] : [];
    }),
  );
}

for (const suite of ['trixie', 'bookworm']) {
  void test(`Debian ${suite}: packages as dpkg-query lists them, findings as the tracker implies them`, {
    skip,
  }, () => {
    for (const target of [`oci/debian-${suite}`, `docker/debian-${suite}.tar`]) {
      assert.ok(existsSync(join(images ?? '', target)), `${target} was not built`);
      const actual = report(
        'scan',
        join(images ?? '', target),
        '--mirror',
        corpusMirror(),
        '--db',
        join(scratch, 'debian.db'),
      );
      const expected = dpkgQuery(suite);
      assert.deepEqual(
        actual.packages.map((item) => ({
          name: item.name,
          version: item.version,
          arch: item.arch,
          source: item.source?.name,
          sourceVersion: item.source?.version,
        })),
        expected.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      );
      const found = actual.matches.map(
        ({ vulnerability, package: item, fix }) =>
          `${vulnerability.id} ${item.name} ${fix.state === 'fixed' ? fix.version : 'none'}`,
      );
      assert.deepEqual(found.sort(), implied(suite, expected).sort());
      assert.ok(found.length > 0);
    }
  });
}
