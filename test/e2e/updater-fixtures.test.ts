import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { corpusTest } from '../../src/testing/corpus.ts';
import { readArchive } from './updater-fixtures/archive.ts';
import { clairCases, clairTables, otherTables } from './updater-fixtures/clair.ts';
import { clairInputCases } from './updater-fixtures/clair-inputs.ts';
import { factDeviations } from './updater-fixtures/deviations.ts';
import type { Archive, FixtureCase } from './updater-fixtures/facts.ts';
import { damagedFiles, inputCases } from './updater-fixtures/inputs.ts';
import { unreadClairFixtures, unreadFixtures } from './updater-fixtures/unused-fixtures.ts';
import { vulnListCases } from './updater-fixtures/vuln-list.ts';
import { vunnelCases } from './updater-fixtures/vunnel.ts';

const fixtures = 'feeds/updater-fixtures-trivydb-vunnel.tar.zst';
const clairFixtures = 'feeds/clair-fixtures.tar.zst';
const otherCases = [...vunnelCases, ...vulnListCases, ...inputCases];

/** Asserts that a case has exactly the listed differences. A listed difference that no longer exists fails as well. */
async function assertFacts(one: FixtureCase, archive: Archive): Promise<void> {
  const stated = new Set(one.stated(archive));
  const ours = new Set(await one.ours(archive));
  assert.ok(stated.size > 0, `${one.name} states nothing`);
  const deviations = factDeviations[one.name] ?? [];
  const listed = (which: 'missing' | 'added') =>
    deviations.flatMap((deviation) => deviation[which] ?? []).sort();
  const differences = {
    missing: [...stated].filter((fact) => !ours.has(fact)).sort(),
    added: one.isPart ? [] : [...ours].filter((fact) => !stated.has(fact)).sort(),
  };
  assert.deepEqual(differences, { missing: listed('missing'), added: listed('added') }, one.name);
}

corpusTest('reads the fixtures of other scanners as they do, except for the listed differences', async () => {
  const archive = await readArchive(fixtures);
  for (const one of otherCases) await assertFacts(one, archive);
});

corpusTest('reads the test data of Clair as Clair does, except for the listed differences', async () => {
  const archive = await readArchive(clairFixtures);
  for (const one of [...clairCases, ...clairInputCases]) await assertFacts(one, archive);
  const names = [...clairCases.map(({ name }) => name), ...Object.keys(otherTables)];
  assert.deepEqual(
    names.sort(),
    clairTables()
      .map(({ name }) => name)
      .sort(),
  );
});

corpusTest('refuses the files that were damaged on purpose', async () => {
  const archive = await readArchive(fixtures);
  for (const [path, read] of Object.entries(damagedFiles)) {
    const content = archive.get(path);
    assert.ok(content !== undefined, path);
    await assert.rejects(read(content), { code: 'feed-corrupt' }, path);
  }
});

corpusTest('reads every file of the fixtures, or lists it with a reason', async () => {
  const read = [...otherCases.flatMap(({ files }) => files), ...Object.keys(damagedFiles)];
  assertAccounted(await readArchive(fixtures), read, unreadFixtures);
  const clair = [...clairCases, ...clairInputCases].flatMap(({ files }) => files);
  assertAccounted(await readArchive(clairFixtures), clair, unreadClairFixtures);
});

/** Asserts that each prefix matches a file. */
function assertAccounted(
  archive: Archive,
  read: readonly string[],
  unread: readonly (readonly [prefix: string, heading: string])[],
): void {
  const used = new Set<string>();
  const prefixes = [...read, ...unread.map(([prefix]) => prefix)];
  const unaccounted = [...archive.keys()].filter((path) => {
    const found = prefixes.filter((one) => path.startsWith(one));
    for (const prefix of found) used.add(prefix);
    return found.length === 0;
  });
  assert.deepEqual(unaccounted, []);
  assert.deepEqual(
    [...new Set(prefixes)].filter((prefix) => !used.has(prefix)),
    [],
  );
}

test('docs/reference/feeds.md explains every difference and no others', () => {
  const text = readFileSync(new URL('../../docs/reference/feeds.md', import.meta.url), 'utf8');
  const headings = Array.from(text.matchAll(/^### (.+)$/gm), ([, heading = '']) => heading);
  const rules = Object.values(factDeviations).flatMap((list) => list.map(({ rule }) => rule));
  const reasons = [...unreadFixtures, ...unreadClairFixtures].map(([, heading]) => heading);
  assert.deepEqual([...new Set([...rules, ...reasons])].sort(), headings.sort());
});
