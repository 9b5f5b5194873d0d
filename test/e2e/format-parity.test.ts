import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

corpusTest('gives one report for one image in three containers', () => {
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
  const ofDistribution = first.packages.filter(({ type }) => type === 'apk');
  assert.deepEqual(
    ofDistribution.map(({ name, version, source }) => `${name} ${version} ${source?.name ?? ''}`),
    expected.apk_expected.map(({ name, version, origin }) => `${name} ${version} ${origin}`).sort(),
  );
  assert.deepEqual(
    first.layers.map(({ diffId }) => diffId),
    expected.diff_ids,
  );
  for (const other of reports) assert.deepEqual(essence(other), essence(first));
});

/** Returns a report without what depends on the container: the reference, and how its layers are stored. */
function essence({ target, layers, ...rest }: Report): unknown {
  return {
    ...rest,
    platform: target.platform,
    layers: layers.map(({ diffId, createdBy, verified }) => ({ diffId, createdBy, verified })),
  };
}

corpusTest('writes the same bytes in a second run, which reads no layer and fetches nothing', () => {
  const image = join(scratch, 'twice');
  const mirror = join(scratch, 'twice-mirror');
  cpSync(corpus('images/layers-a-oci'), image, { recursive: true });
  cpSync(corpusMirror(), mirror, { recursive: true });
  const args = ['scan', image, '--mirror', mirror, '--db', join(scratch, 'twice.db'), '--format', 'json'];
  const first = clair(args);
  assert.equal(first.status, 0, first.stderr);
  assert.equal(clair(args).stdout, first.stdout);
  // The layers are damaged after their first bytes and the mirror is removed, so that any read or fetch would change
  // the report.
  rmSync(mirror, { recursive: true });
  mkdirSync(mirror);
  for (const name of readdirSync(join(image, 'blobs/sha256'))) spoil(join(image, 'blobs/sha256', name));
  const second = clair(args);
  assert.equal(second.stdout, first.stdout, second.stderr);
  const afresh = clair([...args, '--db', join(scratch, 'afresh.db')]);
  assert.equal(afresh.status, 3);
  assert.match(afresh.stderr, /layer sha256:\S+/);
});

/** Overwrites the second half of a gzip layer; manifests remain. */
function spoil(path: string): void {
  chmodSync(path, 0o600);
  const bytes = readFileSync(path);
  if (bytes[0] !== 0x1f) return;
  writeFileSync(path, bytes.fill(0xff, Math.floor(bytes.length / 2)));
}
