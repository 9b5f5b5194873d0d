import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  keys,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { KeyedVulnerabilityRecord } from '../advisory-store.ts';
import type { FindingCount, SetFinding } from '../finding-count-store.ts';
import type { Store } from '../store.ts';

const one: FindingCount = { severity: 'High', isFixable: true, exploited: 'no', findings: 1 };
const finding: SetFinding = {
  vulnerability: 'CVE-1',
  severity: 'High',
  exploited: 'no',
  epss: null,
  fix: { state: 'fixed', version: '5' },
  package: {
    namespace: 'debian:12',
    lookupName: 'openssl',
    type: 'deb',
    name: 'openssl',
    version: '3',
    purl: 'pkg:deb/debian/openssl@3',
    source: null,
  },
};

for (const engine of storeEngines) {
  test(`${engine.name}: only the sets that a changed record hits become due`, async (t) => {
    const store = await engine.create(t)();
    const openssl = await saveNamed(store, 'openssl');
    const curl = await saveNamed(store, 'curl');
    const fixedIn = (name: string, hi: number) =>
      record(name, { affected: [affectedRow(name, { keys: keys([], [hi]) })] });
    await apply(store, [fixedIn('openssl', 5), fixedIn('curl', 5)]);
    await store.findingCounts.markChanged('');
    assert.deepEqual(await dueImages(store), [openssl, curl]);
    await countAll(store);
    assert.deepEqual(await dueImages(store), []);

    await apply(store, [fixedIn('openssl', 4), fixedIn('curl', 5)]);
    await store.findingCounts.markChanged('');
    assert.deepEqual(await dueImages(store), [openssl]);
    await countAll(store);
    // The installed version is outside of both ranges.
    await apply(store, [fixedIn('openssl', 4), fixedIn('curl', 5), fixedIn('bash', 2)]);
    await store.findingCounts.markChanged('');
    assert.deepEqual(await dueImages(store), []);
    await store.findingCounts.markChanged('other rules');
    assert.deepEqual(await dueImages(store), [openssl, curl]);
  });

  test(`${engine.name}: a set that becomes due while it is counted stays due`, async (t) => {
    const store = await engine.create(t)();
    const number = await saveNamed(store, 'openssl');
    await store.findingCounts.markChanged('');
    const [due] = await store.findingCounts.findDue(10);
    await store.findingCounts.markChanged('other rules');
    await store.findingCounts.save((due?.sets ?? []).map((set) => ({ ...set, findings: [] })));
    assert.deepEqual(await dueImages(store), [number]);
    await countAll(store);
    assert.deepEqual(await dueImages(store), []);
  });

  test(`${engine.name}: an image counts once, and a layer below another one does not`, async (t) => {
    const store = await engine.create(t)();
    const base = await store.images.save(image([installed('base')]));
    const top = await store.images.save(image([installed('top')]));
    await saveLayer(store, 'base', { image: base, parent: null });
    await saveLayer(store, 'top', { image: top, parent: 'base' });
    await store.ancestries.save(ancestry('top', top));
    await store.images.save(image([installed('unnamed')]));
    await sumUp(store);
    assert.deepEqual(await totals(store), { images: 0, dueSets: 3, findings: [] });
    await countAll(store);
    await sumUp(store);
    assert.deepEqual(await totals(store), { images: 1, dueSets: 0, findings: [one] });
    const before = await store.findingCounts.findTotals();
    await sumUp(store);
    assert.deepEqual(await store.findingCounts.findTotals(), before);
  });

  test(`${engine.name}: an image that a scan has read counts until it loses its tags`, async (t) => {
    const store = await engine.create(t)();
    const tag = { repository: 'registry.example/web', tag: '1' };
    const scan = async (layer: string): Promise<void> => {
      const number = await store.images.save(image([installed(layer)]));
      const digest = `sha256:${createHash('sha256').update(layer).digest('hex')}` as Digest;
      await store.knownImages.record({
        image: number,
        isScoped: false,
        isVerified: true,
        diffIds: [digest],
        platform: 'linux/amd64',
        reference: 'registry.example/web:1',
        origin: 'registry',
        digest,
        hasManifest: true,
        digests: [digest],
        names: [tag],
        root: digest,
        labels: {},
      });
    };
    await scan('old');
    await countAll(store);
    await sumUp(store);
    assert.deepEqual(await totals(store), { images: 1, dueSets: 0, findings: [one] });
    await scan('new');
    await countAll(store);
    await sumUp(store);
    assert.deepEqual(await totals(store), { images: 1, dueSets: 0, findings: [one] });
  });

  test(`${engine.name}: deletes the counts of a set with the last image that has it`, async (t) => {
    const clock = { now: Date.parse('2026-03-01T00:00:00Z') };
    const store = await engine.create(t)({ now: () => clock.now });
    await store.images.save(image([installed('old')]));
    await countAll(store);
    clock.now += 1000;
    const terms = { keepHistoryMs: 1, keepEventsMs: 1, keepLayersUnusedMs: 1 };
    await store.collectGarbage(terms);
    // An engine may use the number of the deleted set again.
    const next = await saveNamed(store, 'new');
    assert.deepEqual(await dueImages(store), [next]);
    await sumUp(store);
    assert.deepEqual(await totals(store), { images: 0, dueSets: 1, findings: [] });
  });

  test(`${engine.name}: keeps the sums of each day`, async (t) => {
    const clock = { now: Date.parse('2026-03-01T08:00:00Z') };
    const store = await engine.create(t)({ now: () => clock.now });
    assert.deepEqual(await store.findingCounts.findHistory(9), { days: [], firstDay: null });
    const sumAt = async (time: string): Promise<void> => {
      clock.now = Date.parse(time);
      await countAll(store);
      await sumUp(store);
    };
    const history = async (days: number) => {
      const found = await store.findingCounts.findHistory(days);
      return [found.firstDay, found.days.map(({ day, at, images }) => `${day} ${images} of ${at}`)];
    };
    await sumAt('2026-03-01T08:00:00Z');
    await saveNamed(store, 'openssl');
    await sumAt('2026-03-01T23:59:59Z');
    await sumAt('2026-03-02T00:15:00Z');
    await sumAt('2026-03-02T00:30:00Z');
    await saveNamed(store, 'curl');
    await sumAt('2026-03-04T12:00:00Z');
    const days = [
      '2026-03-01 1 of 2026-03-01T23:59:59.000Z',
      '2026-03-02 1 of 2026-03-01T23:59:59.000Z',
      '2026-03-04 2 of 2026-03-04T12:00:00.000Z',
    ];
    assert.deepEqual(await history(4), ['2026-03-01', days]);
    assert.deepEqual(await history(3), ['2026-03-01', days.slice(1)]);
    clock.now = Date.parse('2026-03-01T00:00:00Z') + limits.findingDays * 24 * 3_600_000;
    await sumUp(store);
    assert.equal((await store.findingCounts.findHistory(limits.findingDays)).firstDay, '2026-03-02');
  });
}

async function sumUp(store: Store): Promise<void> {
  await store.findingCounts.updateImages({ signal: new AbortController().signal });
  await store.findingCounts.updateTotals();
}

async function saveNamed(store: Store, name: string): Promise<number> {
  const number = await store.images.save(image([installed(name)]));
  await store.ancestries.save(ancestry(name, number));
  return number;
}

async function saveLayer(
  store: Store,
  name: string,
  { image: number, parent }: { readonly image: number; readonly parent: string | null },
): Promise<void> {
  await store.namedLayers.save({ name, parent, image: number, format: 'Docker', engineVersion: 3 });
}

async function apply(store: Store, records: readonly KeyedVulnerabilityRecord[]): Promise<void> {
  await store.advisories.apply(feedUpdate({ fingerprint: randomUUID() }), stream(records));
}

async function dueImages(store: Store): Promise<number[]> {
  return (await store.findingCounts.findDue(10)).map(({ image: number }) => number);
}

/** Saves one finding for each due set. */
async function countAll(store: Store): Promise<void> {
  const due = await store.findingCounts.findDue(10);
  const sets = new Map(due.flatMap((found) => found.sets.map((set) => [set.set, set])));
  await store.findingCounts.save([...sets.values()].map((set) => ({ ...set, findings: [finding] })));
}

async function totals(store: Store): Promise<unknown> {
  const found = await store.findingCounts.findTotals();
  return found && { images: found.images, dueSets: found.dueSets, findings: found.findings };
}
