import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import * as z from 'zod/mini';
import type { Report } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { report, scratch } from './clair.ts';

const images = corpus('../evasion');
const cases = join(images, 'cases');
const place = join(scratch, 'evasion-databases');
mkdirSync(place, { recursive: true });
const common = ['--mirror', join(images, 'mirror'), '--db', join(place, 'clair.db'), '--ignore', 'none'];

const truth = z.object({
  family: z.string(),
  kind: z.enum(['case', 'control', 'clean']),
  medium: z.string(),
  platform: z.optional(z.string()),
  shows: z.array(z.object({ name: z.string(), version: z.string() })),
});

/** The families of package databases, and the images without anything unusual. */
const families = new Set([
  'dpkg-journal',
  'dpkg-syntax',
  'apk-syntax',
  'rpm-sqlite',
  'rpm-header',
  'control',
]);

/** Matches a file of a package database, which the reason for not-assessed must name. */
const databaseFile = /(?:dpkg|apk|rpm)\//;

for (const name of existsSync(cases) ? readdirSync(cases) : []) {
  const { family, kind, medium, platform, shows } = truth.parse(
    JSON.parse(readFileSync(join(cases, name, 'truth.json'), 'utf8')),
  );
  if (!families.has(family)) continue;
  corpusTest(`${kind} ${name}: ${kind === 'clean' ? 'stays clean' : 'is not called clean'}`, () => {
    const file = join(place, `${name}.tar`);
    writeFileSync(file, zstdDecompressSync(readFileSync(join(cases, name, 'image.tar.zst'))));
    const source = medium === 'archive' ? file : `${medium}:${file}`;
    const scanned = report('scan', source, ...common, ...(platform ? ['--platform', platform] : []));
    const problems = problemsOf(scanned);
    if (kind === 'clean') assert.deepEqual([scanned.verdict, problems], ['clean', []]);
    else if (scanned.verdict === 'not-assessed') {
      assert.equal(kind, 'case');
      assert.match(problems.join('\n'), databaseFile);
    } else assert.deepEqual(found(scanned), shows);
  });
}

function problemsOf({ statuses }: Report): string[] {
  return statuses.flatMap(({ files }) =>
    files.flatMap(({ path, problem }) => (problem === null ? [] : [`${path}: ${problem}`])),
  );
}

/** Returns the packages with a finding. */
function found({ matches, packages }: Report): { name: string; version: string }[] {
  const names = new Set(matches.map((match) => match.package.name));
  return packages.flatMap(({ name, version }) => (names.has(name) ? [{ name, version }] : []));
}
