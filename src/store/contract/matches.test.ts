import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KeyRange, VersionKey } from '../../plugin/version-scheme.ts';
import { feedRecords, installedPackages } from '../../testing/store-arbitraries.ts';
import {
  affectedRow,
  bookworm,
  feedUpdate,
  hits,
  image,
  installed,
  keys,
  record,
  stream,
  trixie,
  versionKey,
} from '../../testing/store-content.ts';
import { runsOn, storeEngines } from '../../testing/store-engines.ts';
import type { KeyedAffected, KeyedVulnerabilityRecord } from '../advisory-store.ts';
import type { ImagePackage, PackageLookup, StoredMatch } from '../image-store.ts';
import type { Store } from '../store.ts';

for (const engine of storeEngines) {
  test(`${engine.name}: finds the same matches as a comparison of all pairs`, async (t) => {
    const open = engine.create(t);
    const [store, other] = engine.isShared ? [await open(), undefined] : [await open(), await open()];
    let number = 0;
    await fc.assert(
      fc.asyncProperty(feedRecords, installedPackages, async (records, packages) => {
        await replace(store, records);
        const index = image(packages, `image ${number++}`);
        const found = await store.images.findMatches(await store.images.save(index));
        assert.deepEqual(found.map(shortly).sort(), expected(packages, records).sort());
        if (other === undefined) return;
        // The same rows match, whatever the order of the records and the content before.
        const backwards = records
          .map((item) => ({ ...item, affected: item.affected.toReversed() }))
          .toReversed();
        await replace(other, backwards);
        assert.deepEqual(await other.images.findMatches(await other.images.save(index)), found);
      }),
      { numRuns: runsOn(engine, 120) },
    );
  });

  test(`${engine.name}: returns a match with all fields of the record`, async (t) => {
    const store = await engine.create(t)();
    const plain = record('CVE-3', {
      links: [],
      affected: [affectedRow('openssl', { range: {}, fix: { state: 'will-not-fix' } })],
    });
    await store.advisories.apply(feedUpdate(), stream([full, plain]));
    const index = image([installed('bash'), installed('openssl')]);
    const common = {
      package: 1,
      source: 'debian',
      namespace: bookworm,
      affectedPackage: 'openssl',
      decided: true,
    };
    assert.deepEqual(await store.images.findMatches(await store.images.save(index)), [
      {
        ...common,
        id: 'CVE-3',
        aliases: [],
        description: null,
        links: [],
        severity: 'Medium',
        cvss: [],
        range: {},
        fix: { state: 'will-not-fix' },
      },
      {
        ...common,
        id: 'RHSA-1',
        aliases: full.aliases,
        description: full.description,
        title: full.title,
        links: full.links,
        severity: 'High',
        cvss: full.cvss,
        range: full.affected[0]?.range,
        fix: full.affected[0]?.fix,
        only: full.affected[0]?.only,
      },
    ]);
  });

  test(`${engine.name}: returns the current matches of packages that were matched before`, async (t) => {
    const store = await engine.create(t)();
    const unknown = { name: 'debian:12', versionScheme: '' };
    const openssl = installed('openssl', { namespace: unknown });
    const [one, two] = [
      await store.images.save(image([installed('bash', { namespace: unknown }), openssl], 'one')),
      await store.images.save(image([openssl], 'two')),
    ];
    const idsOf = async (number: number) =>
      (await store.images.findMatches(number)).map(({ id, package: position }) => `${position} ${id}`);
    assert.deepEqual([await idsOf(one), await idsOf(two)], [[], []]);
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    assert.deepEqual([await idsOf(one), await idsOf(two), await idsOf(one)], [['1 A'], ['0 A'], ['1 A']]);
    assert.equal((await store.images.findMatches(one))[0]?.namespace.versionScheme, 'dpkg');
    await store.advisories.apply(feedUpdate({ fingerprint: 'two' }), stream([record('A'), record('B')]));
    assert.deepEqual(
      [await idsOf(one), await idsOf(two)],
      [
        ['1 A', '1 B'],
        ['0 A', '0 B'],
      ],
    );
    await store.advisories.apply(
      feedUpdate({ fingerprint: 'three', acceptShrunk: true }),
      stream([record('B')]),
    );
    assert.deepEqual([await idsOf(one), await idsOf(two)], [['1 B'], ['0 B']]);
  });

  test(`${engine.name}: returns the version scheme of a namespace when it is learned after a match`, async (t) => {
    const store = await engine.create(t)();
    const unknown = { name: 'acme:1', versionScheme: '' };
    const affected = [affectedRow('openssl', { namespace: unknown })];
    await store.advisories.apply(feedUpdate(), stream([record('A', { affected })]));
    const number = await store.images.save(image([installed('openssl', { namespace: unknown })], 'one'));
    const schemes = async () =>
      (await store.images.findMatches(number)).map(({ namespace }) => namespace.versionScheme);
    assert.deepEqual(await schemes(), ['']);
    await store.advisories.saveNamespace({ name: 'acme:1', versionScheme: 'dpkg' });
    assert.deepEqual(await schemes(), ['dpkg']);
  });

  test(`${engine.name}: refuses an image that was deleted after it was matched`, async (t) => {
    const clock = { now: 0 };
    const store = await engine.create(t)({ now: () => clock.now });
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const number = await store.images.save(image([installed('openssl')], 'one'));
    assert.equal((await store.images.findMatches(number)).length, 1);
    clock.now = 2;
    const nothing = { keepHistoryMs: 1, keepEventsMs: 1, keepLayersUnusedMs: 1 };
    assert.equal((await store.collectGarbage(nothing)).images, 1);
    await assert.rejects(store.images.findMatches(number), /there is no image/);
    // A new set may get the number of the deleted one.
    const other = await store.images.save(image([installed('bash')], 'two'));
    assert.deepEqual(await store.images.findMatches(other), []);
  });

  test(`${engine.name}: never returns an image as without matches while it is deleted`, async (t) => {
    const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
    const store = await engine.create(t)({ now: () => clock.now });
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const asOf = new Date(clock.now).toISOString();
    clock.now += 1000;
    const nothing = { keepHistoryMs: 1e12, keepEventsMs: 1e12, keepLayersUnusedMs: 1 };
    for (let i = 0; i < 20; i++) {
      const number = await store.images.save(image([installed('openssl')], `image ${i}`));
      clock.now += 1000;
      const collection = store.collectGarbage(nothing);
      const found: Promise<number | string>[] = [];
      for (let j = 0; j < 40; j++) {
        const matches = store.images.findMatches(number, j % 2 === 0 ? { asOf } : {});
        found.push(matches.then(({ length }) => length).catch(String));
        await new Promise(setImmediate);
      }
      assert.equal((await collection).images, 1);
      for (const one of await Promise.all(found))
        assert.ok(one === 1 || one === `Error: there is no image ${number} in the database`, String(one));
    }
  });

  test(`${engine.name}: returns undecided matches when a version or a range has no key`, async (t) => {
    const store = await engine.create(t)();
    const { keys: _, ...withoutKeys } = affectedRow('openssl');
    await store.advisories.apply(
      feedUpdate(),
      stream([
        record('keyed', { affected: [affectedRow('openssl')] }),
        record('unkeyed', { affected: [withoutKeys] }),
        // The caller encodes a range without any version in this way: nothing is left to compare.
        record('nowhere', { affected: [affectedRow('openssl', { keys: keys([0xff], []) })] }),
        record('cleared', { affected: [{ ...withoutKeys, fix: { state: 'not-affected' } }] }),
      ]),
    );
    const decisions = async (key: VersionKey | undefined) => {
      const item = installed('openssl');
      const { key: __, ...lookup } = item.lookup ?? assert.fail();
      const index = image([{ ...item, lookup: key === undefined ? lookup : { ...lookup, key } }]);
      const found = await store.images.findMatches(await store.images.save(index));
      return found.map(({ id, decided }) => `${id} ${decided}`);
    };
    assert.deepEqual(await decisions(undefined), ['keyed false', 'unkeyed false']);
    assert.deepEqual(await decisions(versionKey(3)), ['keyed true', 'unkeyed false']);
    assert.deepEqual(await decisions(versionKey(5)), ['unkeyed false']);
  });

  test(`${engine.name}: includes the lower bound of a range and excludes the upper one`, async (t) => {
    const store = await engine.create(t)();
    const ranges = [
      record('2 to 4', { affected: [affectedRow('openssl', { keys: keys([2], [4]) })] }),
      record('up to and with 4', { affected: [affectedRow('openssl', { keys: keys([], [4, 0]) })] }),
      record('from 4', { affected: [affectedRow('openssl', { keys: keys([4], [0xff]) })] }),
    ];
    await store.advisories.apply(feedUpdate(), stream(ranges));
    const at = async (...bytes: number[]) =>
      (await hits(store, image([installed('openssl', { key: versionKey(...bytes) })]))).map((hit) =>
        hit.slice(8),
      );
    assert.deepEqual(await at(1), ['up to and with 4']);
    assert.deepEqual(await at(2), ['2 to 4', 'up to and with 4']);
    assert.deepEqual(await at(3, 0xff), ['2 to 4', 'up to and with 4']);
    assert.deepEqual(await at(4), ['from 4', 'up to and with 4']);
    assert.deepEqual(await at(4, 0), ['from 4']);
    assert.deepEqual(await at(0xfe, 0xff), ['from 4']);
  });

  test(`${engine.name}: rejects an unknown image`, async (t) => {
    const store = await engine.create(t)();
    await assert.rejects(store.images.findMatches(1), /there is no image 1/);
  });
}

/** A record with all fields. */
const full = record('RHSA-1', {
  aliases: ['CVE-2', 'CVE-1'],
  description: 'A naïve flaw \u{1f41b}',
  title: 'flaw update',
  links: ['https://example.org/b', 'https://example.org/a'],
  severity: 'Low',
  cvss: [
    { source: 'nvd', vector: 'CVSS:3.1/AV:N', score: 9.8 },
    { source: 'redhat', vector: 'CVSS:2.0/AV:L' },
  ],
  modified: '2026-01-01T00:00:00Z',
  affected: [
    affectedRow('openssl', {
      range: { from: '1', fromExcluded: true, to: '5', toIncluded: true },
      fix: { state: 'fixed', version: '6' },
      severity: 'High',
      only: { arch: ['x86_64'], products: ['cpe:/o:vendor:os:9'] },
      keys: keys([1], [6]),
    }),
  ],
});

/** Makes these the only current records. An update of changes does so whatever the content before, and retains nothing. */
async function replace(store: Store, records: readonly KeyedVulnerabilityRecord[]): Promise<void> {
  const ids = Array.from({ length: 10 }, (_, i) => `CVE-${i}`);
  const gone = ids.filter((id) => records.every(({ key }) => key !== id));
  const withdrawn = gone.map((key) => ({ kind: 'withdrawn', key }) as const);
  await store.advisories.apply(feedUpdate({ kind: 'changes' }), stream([...records, ...withdrawn]));
}

/** Formats a match in one line. */
function shortly({ package: position, id, namespace, affectedPackage, fix, decided }: StoredMatch): string {
  return `${position} ${id} ${namespace.name} ${affectedPackage} ${fix.state} ${decided}`;
}

/** Judges every pair of an installed package and a row. */
function expected(
  installedPackages: readonly ImagePackage[],
  records: readonly KeyedVulnerabilityRecord[],
): string[] {
  const rows = records.flatMap(({ id, affected: list }) => list.map((row) => ({ id, row })));
  return installedPackages.flatMap(({ lookup }, position) =>
    rows.flatMap(({ id, row }) => {
      const decision = lookup === null ? undefined : decide(lookup, row);
      return decision === undefined
        ? []
        : [`${position} ${id} ${row.namespace.name} ${row.package} ${row.fix.state} ${decision}`];
    }),
  );
}

/** Returns whether the keys decide that a row contains the installed version; undefined if it does not contain it. */
function decide(lookup: PackageLookup, row: KeyedAffected): boolean | undefined {
  if (row.fix.state === 'not-affected') return undefined;
  if (row.namespace.name !== lookup.namespace.name || row.package !== lookup.name) return undefined;
  if (lookup.key === undefined || row.keys === undefined) return false;
  return isWithin(lookup.key, row.keys) ? true : undefined;
}

function isWithin(key: Uint8Array, { lo, hi }: KeyRange): boolean {
  return Buffer.compare(lo, key) <= 0 && Buffer.compare(key, hi) < 0;
}

for (const engine of storeEngines)
  test(`${engine.name}: finds names by their ends, and the rows that match a lookup`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(
      feedUpdate(),
      stream([
        record('CVE-1', {
          affected: ['org.acme:util', 'org.acme:a%b', 'x'].map((name) => affectedRow(name)),
        }),
        record('CVE-2', { affected: [affectedRow('org.acme:util', { keys: keys([], [2]) })] }),
        record('CVE-3', { affected: [affectedRow('net.acme:util', { namespace: trixie })] }),
        record('CVE-4', { affected: [affectedRow('org.acme:UTIL'), affectedRow('org.acme:old-util')] }),
      ]),
    );
    const names = async (...ends: string[]) =>
      (await store.advisories.findNamesEnding(bookworm.name, ends)).map(
        ({ name, source }) => `${source} ${name}`,
      );
    assert.deepEqual(await names(':util', ':missing'), ['debian org.acme:util']);
    assert.deepEqual(await names(':util', ':a%b', ':%'), ['debian org.acme:a%b', 'debian org.acme:util']);
    assert.deepEqual(await names(), []);

    const { lookup } = installed('org.acme:util');
    assert.ok(lookup !== null);
    const { key, ...withoutKey } = lookup;
    const found = await store.images.findMatchesOf([{ ...lookup, name: 'util' }, lookup, withoutKey]);
    assert.deepEqual(
      found.map(({ package: position, id, decided }) => [position, id, decided]),
      [
        [1, 'CVE-1', true],
        [2, 'CVE-1', false],
        [2, 'CVE-2', false],
      ],
    );

    // A name counts only while a current record covers it.
    await store.advisories.apply(
      feedUpdate({ fingerprint: 'two', acceptShrunk: true }),
      stream([record('CVE-9')]),
    );
    assert.deepEqual(await names(':util'), []);
    assert.deepEqual(await store.images.findMatchesOf([lookup]), []);
  });
