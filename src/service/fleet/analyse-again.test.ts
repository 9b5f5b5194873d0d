import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../model/digest.ts';
import type { PackageLister } from '../../plugin/package-lister.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';
import { image, installed } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { analyseAgainJob } from './analyse-again.ts';

const listerOf = (version: number): PackageLister => ({
  name: 'acme',
  version,
  wants: ['etc/acme'],
  versionScheme: 'semver',
  list: () => [],
});

/** Saves an image of one layer that these tags name. */
async function saveImage(store: Store, digit: string, tags: readonly string[]): Promise<void> {
  const digest = `sha256:${digit.repeat(64)}` as Digest;
  const number = await store.images.save(image([installed('openssl')], digit));
  const names = tags.map((tag) => ({ repository: tag.split(':')[0] ?? '', tag: tag.split(':')[1] ?? '' }));
  await store.knownImages.record({
    image: number,
    isScoped: false,
    isVerified: true,
    diffIds: [digest],
    platform: 'linux/arm64',
    reference: tags[0] ?? digest,
    origin: 'registry',
    digest,
    hasManifest: true,
    digests: [digest],
    names,
    root: digest,
    labels: {},
  });
}

/** Runs the job with a version of a lister. Returns the scans that it added, and ends them. */
async function scansAfter(store: Store, version: number): Promise<string[]> {
  let calls = 0;
  const job = analyseAgainJob({
    store,
    analyzers: { detectors: [], listers: [listerOf(version)] },
    mayContact: (registry) => registry === 'registry.example',
    onScans: () => {
      calls++;
    },
  });
  await job.run({} as Lease, new AbortController().signal, () => undefined);
  const claimed = await store.scanJobs.claim({
    limit: 99,
    owner: 'process',
    forMs: 60_000,
    perRegistry: () => 99,
    takesOrders: true,
  });
  assert.equal(claimed.length > 0, calls > 0);
  for (const { lease } of claimed) await store.scanJobs.complete(lease, 'sha256:0');
  return claimed.map(({ reference, platform, lane }) => `${lane} ${reference} ${platform}`).sort();
}

for (const engine of storeEngines)
  test(`${engine.name}: scans each named image again when the listers have changed, once`, async (t) => {
    const store = await engine.create(t)();
    await saveImage(store, 'a', ['other.example/web:1', 'registry.example/web:1', 'registry.example/web:2']);
    await saveImage(store, 'b', ['registry.example/shop:1']);
    await saveImage(store, 'c', []);
    await saveImage(store, 'd', ['other.example/shop:1']);
    const scans = ['registry.example/shop:1', 'registry.example/web:1'].map(
      (name) => `re-analysis ${name} linux/arm64`,
    );
    assert.deepEqual(await scansAfter(store, 1), scans);
    assert.deepEqual(await scansAfter(store, 1), []);
    assert.deepEqual(await scansAfter(store, 2), scans);
    // A server of the earlier version still runs.
    assert.deepEqual(await scansAfter(store, 1), []);
    assert.deepEqual(await scansAfter(store, 2), []);
  });

test('begins again after a run that was stopped', async (t) => {
  const [engine] = storeEngines;
  const store = (await engine?.create(t)()) ?? assert.fail();
  await saveImage(store, 'a', ['registry.example/web:1']);
  const stopped = AbortSignal.abort();
  const analyzers = { detectors: [], listers: [listerOf(1)] };
  const job = analyseAgainJob({ store, analyzers, mayContact: () => true, onScans: () => undefined });
  await job.run({} as Lease, stopped, () => undefined);
  assert.deepEqual(await scansAfter(store, 1), ['re-analysis registry.example/web:1 linux/arm64']);
});
