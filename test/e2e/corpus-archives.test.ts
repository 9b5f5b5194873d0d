import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Report } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { clair, report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

const layersA = z.object({
  diff_ids: z.array(z.string()),
  apk_expected: z.array(z.object({ name: z.string(), version: z.string(), origin: z.string() })),
});

corpusTest('one image in three containers gives one report', () => {
  const expected = z.parse(
    layersA,
    JSON.parse(readFileSync(corpus('images/layers-a.expected.json'), 'utf8')),
  );
  const reports = ['layers-a-docker.tar.gz', 'layers-a-oci', 'layers-a-oci-zstd'].map((name) =>
    report(
      'scan',
      corpus(`images/${name}`),
      '--mirror',
      corpusMirror(),
      '--db',
      join(scratch, 'archives.db'),
    ),
  );
  const [first] = reports;
  assert.ok(first);
  assert.deepEqual(
    first.packages.map(({ name, version, source }) => `${name} ${version} ${source?.name ?? ''}`),
    expected.apk_expected.map(({ name, version, origin }) => `${name} ${version} ${origin}`).sort(),
  );
  assert.deepEqual(
    first.layers.map(({ diffId }) => diffId),
    expected.diff_ids,
  );
  for (const other of reports) assert.deepEqual(essence(other), essence(first));
});

/** A report without what names the container: the reference, and how its layers are stored. */
function essence({ target, layers, ...rest }: Report): unknown {
  return {
    ...rest,
    platform: target.platform,
    layers: layers.map(({ diffId, createdBy, verified }) => ({ diffId, createdBy, verified })),
  };
}

const archives = z.array(
  z.object({
    file: z.string(),
    os: z.optional(z.record(z.string(), z.string())),
    apk: z.optional(z.array(z.string())),
    dpkg: z.optional(z.array(z.string())),
    layer_missing: z.optional(z.unknown()),
    missing_blobs: z.optional(z.array(z.string())),
  }),
);

corpusTest('archives of other projects list the packages an independent reader found', () => {
  const expected = z.parse(
    archives,
    JSON.parse(readFileSync(corpus('images/archives/expected.json'), 'utf8')),
  );
  let compared = 0;
  for (const { file, apk, dpkg, os, missing_blobs } of expected) {
    const isThere = existsSync(corpus(`images/archives/${file}`));
    if (!isThere || (apk ?? dpkg) === undefined || missing_blobs !== undefined) continue;
    compared++;
    const run = clair(['sbom', corpus(`images/archives/${file}`), '--format', 'json']);
    assert.equal(run.status, 0, `${file}: ${run.stderr}`);
    const { packages, distro } = JSON.parse(run.stdout) as Pick<Report, 'packages' | 'distro'>;
    assert.deepEqual(
      packages.map(({ name, version }) => `${name} ${version}`).sort(),
      [...(apk ?? []), ...(dpkg ?? [])].toSorted(),
      file,
    );
    if (os?.['ID'] !== undefined) assert.equal(distro?.id, os['ID'], file);
  }
  assert.ok(compared >= 5, `${compared} archives hold Alpine or Debian packages`);
});

corpusTest('a second run gives the same bytes, reads no layer and fetches nothing', () => {
  const args = ['scan', corpus('images/layers-a-oci'), '--db', join(scratch, 'twice.db'), '--format', 'json'];
  const first = clair([...args, '--mirror', corpusMirror()]);
  const second = clair([...args, '--mirror', corpusMirror()]);
  assert.equal(first.status, 0, first.stderr);
  assert.equal(second.stdout, first.stdout);
  assert.equal(clair([...args, '--offline']).stdout, first.stdout);
});
