import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  affectedRow,
  bookworm,
  difference,
  feedUpdate,
  image,
  installed,
  keys,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate, KeyedRecord, KeyedVulnerability, Store } from '../store.ts';

const buster = { name: 'debian:10', versionScheme: 'dpkg' };
const trixie = { name: 'debian:13', versionScheme: 'dpkg' };
const namespaces = [buster, bookworm, trixie];

/** An image that has openssl in every release at once. */
const everywhere = image(namespaces.map((namespace) => installed('openssl', { namespace })));

/** A record that speaks of these releases; versions below `hi` are hit. */
function spoken(id: string, releases: readonly (typeof bookworm)[], hi = 5): KeyedVulnerability {
  const affected = releases.map((namespace) => affectedRow('openssl', { namespace, keys: keys([], [hi]) }));
  return record(id, { affected });
}

/** What hits openssl, as `10 A`: the release and the record. */
async function hitsOf(store: Store): Promise<string[]> {
  const found = await store.images.matches(await store.images.save(everywhere));
  return found.map(({ namespace, id }) => `${namespace.name.slice(7)} ${id}`).sort();
}

async function keptOf(store: Store): Promise<readonly string[]> {
  return (await store.advisories.feedStates())[0]?.kept ?? [];
}

for (const engine of storeEngines) {
  const open = async (t: Parameters<typeof engine.create>[0]) => {
    const store = await engine.create(t)();
    const apply = (records: readonly KeyedRecord[], update: Partial<FeedUpdate> = {}) =>
      store.advisories.apply(feedUpdate(update), stream(records));
    return { store, apply };
  };

  test(`${engine.name}: a namespace that vanishes from a feed keeps its rows, from which others are cut off`, async (t) => {
    const { store, apply } = await open(t);
    await apply([spoken('A', [buster, bookworm]), spoken('B', [buster]), spoken('C', [bookworm])]);
    const after = [spoken('A', [bookworm]), spoken('C', [bookworm])];
    assert.deepEqual(await apply(after), difference({ changed: 1, removed: 1, unchanged: 1, kept: 2 }));
    assert.deepEqual(await hitsOf(store), ['10 A', '10 B', '12 A', '12 C']);
    assert.deepEqual(await keptOf(store), ['debian:10']);
    assert.equal((await store.advisories.feedStates())[0]?.records, 2);
    assert.equal(await store.advisories.speaksOf('debian:10'), true);

    const { rows } = await store.statistics();
    assert.deepEqual(await apply(after), difference({ unchanged: 2 }));
    assert.deepEqual((await store.statistics()).rows, rows);
    assert.deepEqual(await hitsOf(store), ['10 A', '10 B', '12 A', '12 C']);
  });

  test(`${engine.name}: the records of a feed go their ways beside what is kept of them`, async (t) => {
    const { store, apply } = await open(t);
    await apply([spoken('A', [buster, bookworm, trixie]), spoken('B', [bookworm])]);
    await apply([spoken('A', [bookworm, trixie]), spoken('B', [bookworm])]);
    assert.deepEqual(await apply([spoken('A', [bookworm], 3), spoken('B', [bookworm])]), {
      ...difference({ changed: 1, unchanged: 1, kept: 1 }),
    });
    // At key 3, bookworm is fixed by now; the two that are kept are as they were left.
    assert.deepEqual(await hitsOf(store), ['10 A', '12 B', '13 A']);
    assert.deepEqual(await keptOf(store), ['debian:10', 'debian:13']);
    assert.deepEqual(await apply([spoken('B', [bookworm]), spoken('C', [bookworm])]), {
      ...difference({ added: 1, removed: 1, unchanged: 1 }),
    });
    assert.deepEqual(await hitsOf(store), ['10 A', '12 B', '12 C', '13 A']);
  });

  test(`${engine.name}: a namespace that comes back is as the feed has it`, async (t) => {
    const { store, apply } = await open(t);
    await apply([spoken('A', [buster, bookworm]), spoken('B', [buster]), spoken('C', [bookworm])]);
    await apply([spoken('A', [bookworm]), spoken('C', [bookworm])]);
    assert.deepEqual(await apply([spoken('A', [buster, bookworm]), spoken('C', [bookworm])]), {
      ...difference({ changed: 1, unchanged: 1 }),
    });
    assert.deepEqual(await hitsOf(store), ['10 A', '12 A', '12 C']);
    assert.deepEqual(await keptOf(store), []);
    await apply([spoken('A', [bookworm]), spoken('C', [bookworm])]);
    assert.deepEqual(await hitsOf(store), ['10 A', '12 A', '12 C']);
  });

  test(`${engine.name}: what is kept is found by its other names, and told as what it is`, async (t) => {
    const { store, apply } = await open(t);
    const full = { ...spoken('DSA-1', [buster]), aliases: ['CVE-1'], description: 'A flaw' };
    await apply([full, spoken('C', [bookworm])]);
    const [was] = await store.vulnerabilities.named('CVE-1');
    await apply([spoken('C', [bookworm])]);
    const [kept] = await store.vulnerabilities.named('CVE-1');
    assert.ok(was !== undefined && kept !== undefined && was !== kept);
    const [before, after] = await store.vulnerabilities.read([was, kept]);
    assert.ok(before !== undefined && after !== undefined);
    assert.equal(before.validTo, after.validFrom);
    assert.deepEqual(
      { ...after, number: 0, validFrom: '' },
      {
        ...{ ...before, number: 0, validFrom: '', validTo: null },
      },
    );
  });

  test(`${engine.name}: changes touch what is kept of the records they name`, async (t) => {
    const { store, apply } = await open(t);
    const records = ['A', 'B', 'C', 'D'].map((id) => spoken(id, [buster, bookworm]));
    await apply(records);
    await apply(records.map(({ id }) => spoken(id, [bookworm])));
    const changes = [
      spoken('A', [bookworm], 9),
      spoken('B', [buster, bookworm], 9),
      { key: 'C', withdrawn: true } as const,
    ];
    assert.deepEqual(await apply(changes, { extent: 'changes' }), difference({ changed: 2, removed: 1 }));
    assert.deepEqual(await hitsOf(store), ['10 A', '10 B', '10 D', '12 A', '12 B', '12 D']);
    const found = await store.images.matches(await store.images.save(everywhere));
    // Nothing is there twice, although B was kept and came again.
    assert.equal(found.filter(({ id }) => id === 'B').length, 2);
    assert.deepEqual(await apply(changes, { extent: 'changes' }), difference({ unchanged: 2 }));
  });

  test(`${engine.name}: a record that cannot be read when its namespace vanishes stays whole`, async (t) => {
    const { store, apply } = await open(t);
    await apply([spoken('A', [buster, bookworm]), spoken('B', [bookworm])]);
    await apply([{ key: 'A', skipped: 'no range' }, spoken('B', [bookworm])]);
    assert.deepEqual(await hitsOf(store), ['10 A', '12 A', '12 B']);
    await apply([spoken('A', [bookworm]), spoken('B', [bookworm])]);
    assert.deepEqual(await hitsOf(store), ['10 A', '12 A', '12 B']);
  });

  test(`${engine.name}: after any updates each namespace is as the feed last spoke of it`, async (t) => {
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
            const listed = await store.vulnerabilities.inNamespace(name, { limit: 1000 });
            const stored = await store.vulnerabilities.read(listed.map(({ number }) => number));
            const ofFeed = stored.filter((item) => item.feed === feed);
            assert.deepEqual(rowsOf(name, ofFeed), expected.get(name) ?? []);
          }
          assert.deepEqual(
            await store.advisories.apply(update, stream(records)),
            difference({ unchanged: records.length }),
          );
        }
      }),
      { numRuns: 15 },
    );
  });
}

/** What records say of a namespace, as `id hi`. */
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
    .map(({ id, releases, hi }) => spoken(id, releases, hi)),
  { selector: ({ id }) => id, minLength: 1, maxLength: 4 },
);
