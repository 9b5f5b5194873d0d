import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  affectedRow,
  bookworm,
  changeCounts,
  feedUpdate,
  image,
  installed,
  keys,
  record,
  stream,
} from '../../testing/store-content.ts';
import { runsOn, storeEngines } from '../../testing/store-engines.ts';
import type {
  FeedUpdate,
  KeyedRecord,
  KeyedVulnerability,
  KeyedVulnerabilityRecord,
} from '../advisory-store.ts';
import type { Store } from '../store.ts';

const buster = { name: 'debian:10', versionScheme: 'dpkg' };
const trixie = { name: 'debian:13', versionScheme: 'dpkg' };
const namespaces = [buster, bookworm, trixie];

/** An image that has openssl in all releases. */
const everywhere = image(namespaces.map((namespace) => installed('openssl', { namespace })));

/** A record that covers these releases and versions below `hi`. */
function recordOn(id: string, releases: readonly (typeof bookworm)[], hi = 5): KeyedVulnerabilityRecord {
  const affected = releases.map((namespace) => affectedRow('openssl', { namespace, keys: keys([], [hi]) }));
  return record(id, { affected });
}

/** Returns the hits of openssl as `10 A`: the release and the record. */
async function hitsOf(store: Store): Promise<string[]> {
  const found = await store.images.findMatches(await store.images.save(everywhere));
  return found.map(({ namespace, id }) => `${namespace.name.slice(7)} ${id}`).sort();
}

async function retainedOf(store: Store): Promise<readonly string[]> {
  return (await store.advisories.findFeedStates())[0]?.kept ?? [];
}

for (const engine of storeEngines) {
  const open = async (t: Parameters<typeof engine.create>[0]) => {
    const store = await engine.create(t)();
    const apply = (records: readonly KeyedRecord[], update: Partial<FeedUpdate> = {}) =>
      store.advisories.apply(feedUpdate(update), stream(records));
    return { store, apply };
  };

  test(`${engine.name}: retains the rows of a namespace that vanishes from a feed, without other rows`, async (t) => {
    const { store, apply } = await open(t);
    await apply([recordOn('A', [buster, bookworm]), recordOn('B', [buster]), recordOn('C', [bookworm])]);
    const after = [recordOn('A', [bookworm]), recordOn('C', [bookworm])];
    assert.deepEqual(await apply(after), changeCounts({ changed: 1, removed: 1, unchanged: 1, kept: 2 }));
    assert.deepEqual(await hitsOf(store), ['10 A', '10 B', '12 A', '12 C']);
    assert.deepEqual(await retainedOf(store), ['debian:10']);
    assert.equal((await store.advisories.findFeedStates())[0]?.records, 2);
    assert.equal(await store.advisories.covers('debian:10'), true);

    const { rows } = await store.statistics();
    assert.deepEqual(await apply(after), changeCounts({ unchanged: 2 }));
    assert.deepEqual((await store.statistics()).rows, rows);
    assert.deepEqual(await hitsOf(store), ['10 A', '10 B', '12 A', '12 C']);
  });

  test(`${engine.name}: changes the records of a feed independently of their retained rows`, async (t) => {
    const { store, apply } = await open(t);
    await apply([recordOn('A', [buster, bookworm, trixie]), recordOn('B', [bookworm])]);
    await apply([recordOn('A', [bookworm, trixie]), recordOn('B', [bookworm])]);
    assert.deepEqual(await apply([recordOn('A', [bookworm], 3), recordOn('B', [bookworm])]), {
      ...changeCounts({ changed: 1, unchanged: 1, kept: 1 }),
    });
    // At key 3, bookworm has the fix; the two retained namespaces are unchanged.
    assert.deepEqual(await hitsOf(store), ['10 A', '12 B', '13 A']);
    assert.deepEqual(await retainedOf(store), ['debian:10', 'debian:13']);
    assert.deepEqual(await apply([recordOn('B', [bookworm]), recordOn('C', [bookworm])]), {
      ...changeCounts({ added: 1, removed: 1, unchanged: 1 }),
    });
    assert.deepEqual(await hitsOf(store), ['10 A', '12 B', '12 C', '13 A']);
  });

  test(`${engine.name}: replaces retained rows when the namespace returns`, async (t) => {
    const { store, apply } = await open(t);
    await apply([recordOn('A', [buster, bookworm]), recordOn('B', [buster]), recordOn('C', [bookworm])]);
    await apply([recordOn('A', [bookworm]), recordOn('C', [bookworm])]);
    assert.deepEqual(await apply([recordOn('A', [buster, bookworm]), recordOn('C', [bookworm])]), {
      ...changeCounts({ changed: 1, unchanged: 1 }),
    });
    assert.deepEqual(await hitsOf(store), ['10 A', '12 A', '12 C']);
    assert.deepEqual(await retainedOf(store), []);
    await apply([recordOn('A', [bookworm]), recordOn('C', [bookworm])]);
    assert.deepEqual(await hitsOf(store), ['10 A', '12 A', '12 C']);
  });

  test(`${engine.name}: finds retained records by alias and marks them as retained`, async (t) => {
    const { store, apply } = await open(t);
    const full = { ...recordOn('DSA-1', [buster]), aliases: ['CVE-1'], description: 'A flaw' };
    await apply([full, recordOn('C', [bookworm])]);
    const [was] = await store.vulnerabilities.findNumbersById('CVE-1');
    await apply([recordOn('C', [bookworm])]);
    const [kept] = await store.vulnerabilities.findNumbersById('CVE-1');
    assert.ok(was !== undefined && kept !== undefined && was !== kept);
    const [before, after] = await store.vulnerabilities.findByNumbers([was, kept]);
    assert.ok(before !== undefined && after !== undefined);
    assert.equal(before.validTo, after.validFrom);
    assert.deepEqual(
      { ...after, number: 0, validFrom: '' },
      {
        ...before,
        number: 0,
        validFrom: '',
        validTo: null,
      },
    );
  });

  test(`${engine.name}: applies changes to the retained rows of the records that they name`, async (t) => {
    const { store, apply } = await open(t);
    const records = ['A', 'B', 'C', 'D'].map((id) => recordOn(id, [buster, bookworm]));
    await apply(records);
    await apply(records.map(({ id }) => recordOn(id, [bookworm])));
    const changes = [
      recordOn('A', [bookworm], 9),
      recordOn('B', [buster, bookworm], 9),
      { kind: 'withdrawn', key: 'C' } as const,
    ];
    assert.deepEqual(await apply(changes, { kind: 'changes' }), changeCounts({ changed: 2, removed: 1 }));
    assert.deepEqual(await hitsOf(store), ['10 A', '10 B', '10 D', '12 A', '12 B', '12 D']);
    const found = await store.images.findMatches(await store.images.save(everywhere));
    // No row is duplicated, although B was retained and is in the feed again.
    assert.equal(found.filter(({ id }) => id === 'B').length, 2);
    assert.deepEqual(await apply(changes, { kind: 'changes' }), changeCounts({ unchanged: 2 }));
  });

  test(`${engine.name}: keeps a skipped record complete when its namespace vanishes`, async (t) => {
    const { store, apply } = await open(t);
    await apply([recordOn('A', [buster, bookworm]), recordOn('B', [bookworm])]);
    await apply([{ kind: 'skipped', key: 'A', reason: 'no range' }, recordOn('B', [bookworm])]);
    assert.deepEqual(await hitsOf(store), ['10 A', '12 A', '12 B']);
    await apply([recordOn('A', [bookworm]), recordOn('B', [bookworm])]);
    assert.deepEqual(await hitsOf(store), ['10 A', '12 A', '12 B']);
  });

  test(`${engine.name}: keeps each namespace as the feed last covered it, after any updates`, async (t) => {
    const open = engine.create(t);
    let number = 0;
    const store = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 5 }), async (contents) => {
        const feed = `feed ${number++}`;
        const expected = new Map<string, string[]>();
        for (const records of contents) {
          const update = feedUpdate({ feed, acceptShrunk: true });
          await store.advisories.apply(update, stream(records));
          for (const { name } of namespaces) {
            const rows = rowsOf(name, records);
            if (rows.length > 0) expected.set(name, rows);
          }
          for (const { name } of namespaces) {
            const listed = await store.vulnerabilities.pageByNamespace(name, { limit: 1000 });
            const stored = await store.vulnerabilities.findByNumbers(listed.map(({ number }) => number));
            const ofFeed = stored.filter((item) => item.feed === feed);
            assert.deepEqual(rowsOf(name, ofFeed), expected.get(name) ?? []);
          }
          assert.deepEqual(
            await store.advisories.apply(update, stream(records)),
            changeCounts({ unchanged: records.length }),
          );
        }
      }),
      { numRuns: runsOn(engine, 50) },
    );
  });
}

/** Formats the rows of records in a namespace as `id hi`. */
function rowsOf(name: string, records: readonly KeyedVulnerability[]): string[] {
  const rows = records.flatMap(({ id, affected }) => affected.map((row) => ({ id, ...row })));
  return rows
    .filter(({ namespace }) => namespace.name === name)
    .map(({ id, keys: range }) => `${id} ${[...(range?.hi ?? [])].join()}`)
    .sort();
}

const content = fc.uniqueArray(
  fc
    .record({
      id: fc.constantFrom('A', 'B', 'C', 'D'),
      releases: fc.subarray(namespaces),
      hi: fc.integer({ min: 4, max: 6 }),
    })
    .map(({ id, releases, hi }) => recordOn(id, releases, hi)),
  { selector: ({ id }) => id, minLength: 1, maxLength: 4 },
);
