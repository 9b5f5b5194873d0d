import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

const golden = z.object({
  image: z.string(),
  packages: z.array(
    z.object({ name: z.string(), version: z.string(), arch: z.string(), origin: z.string() }),
  ),
  expected: z.array(
    z.object({
      id: z.string(),
      package: z.string(),
      origin: z.string(),
      installed: z.string(),
      fixed: z.string(),
    }),
  ),
});

corpusTest('gives the packages and findings of Alpine images that an independent script computed', () => {
  const names = readdirSync(corpus('golden/reference')).filter((name) => name.startsWith('alpine-'));
  let compared = 0;
  for (const name of names) {
    const { image, packages, expected } = z.parse(
      golden,
      JSON.parse(readFileSync(corpus(`golden/reference/${name}`), 'utf8')),
    );
    const target = corpus(`images/${image}`);
    if (!existsSync(target)) continue;
    compared++;
    const actual = report('scan', target, '--mirror', corpusMirror(), '--db', join(scratch, 'golden.db'));
    const listed = actual.packages.map((item) => [item.name, item.version, item.arch, item.source?.name]);
    assert.deepEqual(
      listed,
      packages.map((item) => [item.name, item.version, item.arch, item.origin]).sort(),
      name,
    );
    const found = actual.matches.map((match) => [
      match.vulnerability.id,
      match.package.name,
      match.package.source?.name,
      match.package.version,
      match.fix.state === 'fixed' ? match.fix.version : match.fix.state,
    ]);
    const wanted = expected.map((row) => [row.id, row.package, row.origin, row.installed, row.fixed]);
    assert.deepEqual(found.sort(), wanted.sort(), name);
  }
  assert.equal(compared, 4);
});
