import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import * as z from 'zod/mini';
import type { Report } from '../../src/model/report.ts';
import { corpus } from '../../src/testing/corpus.ts';
import { clair, scratch } from './clair.ts';

const evasion = corpus('../evasion');
const place = join(scratch, 'evasion-layers');
mkdirSync(place, { recursive: true });

/** The description of a case: how to open it, and the packages that a runtime shows. */
const truth = z.object({
  family: z.string(),
  kind: z.enum(['case', 'control', 'clean']),
  medium: z.string(),
  shows: z.array(z.object({ name: z.string(), version: z.string() })),
});

/** Families of layer content. Those of documents and databases have their own tests. */
const families: ReadonlySet<string> = new Set([
  ...[
    'control',
    'end-marker',
    'pax-global',
    'pax-records',
    'name-precedence',
    'header-dialect',
    'gnu-sparse',
  ],
  ...['slash-directory', 'numeric-fields', 'name-bytes', 'hard-links', 'links-in-order'],
  ...['links-across-layers', 'overlay-attributes'],
]);

function scan(id: string, medium: string): { readonly status: number | null; readonly report?: Report } {
  const file = join(place, `${id}.tar`);
  writeFileSync(file, zstdDecompressSync(readFileSync(join(evasion, 'cases', id, 'image.tar.zst'))));
  const target = medium === 'archive' ? file : `${medium}:${file}`;
  const args = ['--mirror', join(evasion, 'mirror'), '--db', ':memory:', '--ignore', 'none', '--no-lookups'];
  const { status, stdout } = clair(['scan', target, ...args, '--format', 'json']);
  return stdout === '' ? { status } : { status, report: JSON.parse(stdout) as Report };
}

const cases = existsSync(evasion) ? readdirSync(join(evasion, 'cases')) : [];

test('the corpus has the images that hide packages when CI runs the tests', {
  skip: process.env['CI'] !== 'true',
}, () => {
  assert.ok(cases.length >= 70, `${cases.length} cases in ${evasion}`);
});

for (const id of cases) {
  const { family, kind, medium, shows } = z.parse(
    truth,
    JSON.parse(readFileSync(join(evasion, 'cases', id, 'truth.json'), 'utf8')),
  );
  if (!families.has(family)) continue;
  test(`does not report an image as clean that hides a package: ${id}`, { skip: kind !== 'case' }, () => {
    const { status, report } = scan(id, medium);
    if (report === undefined) {
      assert.equal(status, 3);
      return;
    }
    const installed = new Set(report.packages.map(({ name, version }) => `${name} ${version}`));
    const isListed = shows.every(({ name, version }) => installed.has(`${name} ${version}`));
    const problems = report.statuses.flatMap(({ files }) => files.filter(({ problem }) => problem !== null));
    assert.notEqual(report.verdict, 'clean');
    assert.ok(isListed || problems.length > 0, 'neither listed, nor is there a reason');
  });
  test(`finds the packages that honest tools wrote: ${id}`, { skip: kind === 'case' }, () => {
    const { report } = scan(id, medium);
    assert.equal(report?.verdict, kind === 'clean' ? 'clean' : 'vulnerable');
  });
}
