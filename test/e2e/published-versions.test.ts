import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { inCheckout } from './clair.ts';

const report = z.object({
  packages: z.record(z.string(), z.object({ version: z.string() })),
  environments: z.record(z.string(), z.array(z.object({ package_db: z.string() }))),
});

/** Lines `SCHEME<TAB>VERSION` of packages in base images, as published by their vendors. */
function publishedVersions(): Set<string> {
  const lines = (pattern: string): string[] =>
    globSync(corpus(`pkgdb/lists/${pattern}`)).flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== ''),
    );
  const dpkg = lines('{debian,ubuntu}/*.manifest').map((line) => line.split('\t')[1]);
  const rpm = lines('rocky/*.txt').map((line) => /-([^-]+-[^-]+)\.\w+$/.exec(line.trim())?.[1]);
  return new Set([...dpkg.map((version) => `dpkg\t${version}`), ...rpm.map((version) => `rpm\t${version}`)]);
}

/** Returns the same from Clair's index reports of images, for the operating system packages. */
function indexedVersions(): Set<string> {
  const found = new Set<string>();
  for (const path of globSync(corpus('golden/index-reports/*.json'))) {
    const { packages, environments } = z.parse(report, JSON.parse(readFileSync(path, 'utf8')));
    for (const [id, { version }] of Object.entries(packages)) {
      // One report is of a Clair that read conffiles of a package as part of its version.
      if (version.includes(' ')) continue;
      const databases = environments[id]?.map((environment) => environment.package_db) ?? [];
      if (databases.includes('var/lib/dpkg/status')) found.add(`dpkg\t${version}`);
      if (databases.some((database) => /^(sqlite:|bdb:)?(var\/lib\/rpm|usr\/lib\/sysimage)/.test(database)))
        found.add(`rpm\t${version}`);
    }
  }
  return found;
}

corpusTest('every version that a published base image has can be ordered', () => {
  const versions = [...publishedVersions(), ...indexedVersions()];
  assert.ok(versions.length > 1000, `${versions.length} versions`);
  assert.ok(versions.every((line) => !line.endsWith('undefined')));
  const input = versions.map((line) => `${line}\t${line.split('\t')[1]}\n`).join('');
  const answers = execFileSync(inCheckout('bin/clair'), ['compare-versions', '--batch'], {
    input,
    encoding: 'utf8',
  });
  const signs = answers.trimEnd().split('\n');
  assert.deepEqual(
    versions.filter((_, i) => signs[i] !== '='),
    [],
  );
});
