import assert from 'node:assert/strict';
import type { ImagePackage } from '../store/image-store.ts';
import type { Store } from '../store/store.ts';
import type { StoredVulnerability } from '../store/vulnerability-store.ts';
import { bookworm, image, trixie } from './store-content.ts';

/** The ends of some names of packages in tests. */
const nameEnds: readonly string[] = ['sl', 'h', 'openssl'];

/** Asserts that both stores return the same for an image of these packages and for every record. */
export async function assertSameReads(
  published: Store,
  sharded: Store,
  installedPackages: readonly ImagePackage[],
): Promise<void> {
  const index = image(installedPackages);
  const numbers = [await published.images.save(index), await sharded.images.save(index)] as const;
  assert.deepEqual(
    await sharded.images.findMatches(numbers[1]),
    await published.images.findMatches(numbers[0]),
  );
  const lookups = installedPackages.flatMap(({ lookup }) => lookup ?? []);
  assert.deepEqual(
    await sharded.images.findMatchesOf(lookups),
    await published.images.findMatchesOf(lookups),
  );
  const ids = [...Array.from({ length: 10 }, (_, i) => `CVE-${i}`), 'RHSA-1', 'SRC-1'];
  for (const { name } of [bookworm, trixie]) {
    assert.equal(await sharded.advisories.covers(name), await published.advisories.covers(name));
    assert.deepEqual(
      await sharded.advisories.findSources(name),
      await published.advisories.findSources(name),
    );
    assert.deepEqual(
      await sharded.advisories.findNamesEnding(name, nameEnds),
      await published.advisories.findNamesEnding(name, nameEnds),
    );
    assert.deepEqual(
      partsAbout(name, await sharded.vulnerabilities.findByIds(name, ids)),
      partsAbout(name, await published.vulnerabilities.findByIds(name, ids)),
    );
    // A record may be in both shards of a namespace.
    const listed = await sharded.vulnerabilities.pageByNamespace(name, { limit: 100 });
    assert.deepEqual(
      [...new Set(listed.map(({ id }) => id))].sort(),
      (await published.vulnerabilities.pageByNamespace(name, { limit: 100 })).map(({ id }) => id).sort(),
    );
  }
  const named = await Promise.all([published, sharded].map((store) => recordsNamed(ids, store)));
  for (const { name } of [bookworm, trixie])
    assert.deepEqual(partsAbout(name, named[1] ?? []), partsAbout(name, named[0] ?? []));
  for (const id of ids) {
    const found = await Promise.all([published, sharded].map((store) => recordsNamed([id], store)));
    for (const { name } of [bookworm, trixie])
      assert.deepEqual(partsAbout(name, found[1] ?? []), partsAbout(name, found[0] ?? []), id);
    const pages = await Promise.all([published, sharded].map((store) => affectedBy(id, store)));
    assert.deepEqual(pages[1], pages[0], id);
  }
}

async function recordsNamed(
  names: readonly string[],
  { vulnerabilities }: Store,
): Promise<readonly StoredVulnerability[]> {
  return await vulnerabilities.findByNumbers(await vulnerabilities.findNumbersByNames(names));
}

/** Returns the parts of records about a namespace. A shard has only these, and numbers of its own. */
function partsAbout(namespace: string, records: readonly StoredVulnerability[]): unknown[] {
  return records
    .map(({ number: _, ...one }) => ({
      ...one,
      affected: one.affected.filter((row) => row.namespace.name === namespace),
    }))
    .filter(({ affected }) => affected.length > 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Returns all pages of the images that a vulnerability affects, one image on each. A shard has numbers of its own for records. */
async function affectedBy(id: string, { vulnerabilities, images }: Store): Promise<unknown[]> {
  const numbers = await vulnerabilities.findNumbersById(id);
  const found: unknown[] = [];
  for (let after: string | undefined; ; ) {
    const page = await images.pageAffected(numbers, { limit: 1, ...(after !== undefined && { after }) });
    for (const { image: _, hits, ...rest } of page.images)
      found.push({ ...rest, hits: hits.map(({ record: __, ...hit }) => hit) });
    if (page.next === undefined) return found;
    after = page.next;
  }
}
