import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { RegistryListing } from '../../image/registry/listing/registry-listing.ts';
import type { Digest } from '../../model/digest.ts';
import type { NoticedName } from '../../store/noticed-name-store.ts';
import { virtualTime } from '../../testing/virtual-time.ts';
import { lookAtNames } from './look-at-names.ts';
import type { WatchedRegistry } from './watched-registry.ts';

const old = `sha256:${'a'.repeat(64)}`;
const pushed = `sha256:${'b'.repeat(64)}`;
const watched: WatchedRegistry = {
  name: 'main',
  registry: 'r.example',
  repositories: [],
  exclude: [],
  tags: [],
  excludeTags: [],
  platforms: [],
  intervalMs: 0,
  keep: 0,
  requests: 1,
  secret: '',
};

/** Looks at a name for ten minutes. `answer` returns the digest of the tag, or throws, for each look in order. */
async function lookAt(t: TestContext, name: NoticedName, answer: (look: number) => string | undefined) {
  const time = await virtualTime(600_000);
  t.after(() => time[Symbol.asyncDispose]());
  const { store } = time;
  await store.watches.saveTag('main', { repository: 'r.example/web', tag: '1', digest: old });
  await store.noticedNames.add('main', [name]);
  const looksAt: number[] = [];
  const failures: string[] = [];
  const listing: Pick<RegistryListing, 'findTag'> = {
    async findTag() {
      looksAt.push(time.passedMs());
      const digest = answer(looksAt.length);
      return digest === undefined ? undefined : { digest: digest as Digest, mediaType: '' };
    },
  };
  await lookAtNames(
    {
      ...time.deps,
      store,
      registries: [watched],
      onScans: () => undefined,
      openListing: () => listing as RegistryListing,
      onFailed: (_, error) => failures.push(String(error)),
      onError: (error) => assert.fail(String(error)),
    },
    time.end,
  );
  const waiting = await store.scanJobs.claim({
    limit: 9,
    owner: 'test',
    forMs: 1,
    perRegistry: () => 9,
    takesOrders: false,
  });
  const next = await store.noticedNames.findNextRun(['main']);
  return { looksAt, failures, next, scans: waiting.map(({ reference, lane }) => `${lane} ${reference}`) };
}

test('looks again at a tag that a registry announces before it means what was pushed', async (t) => {
  const name = { repository: 'web', tag: '1', pushed };
  const { looksAt, scans, next } = await lookAt(t, name, (look) => (look < 3 ? old : pushed));
  assert.deepEqual(looksAt, [0, 250, 750]);
  assert.deepEqual([scans, next], [['push r.example/web:1'], undefined]);
});

test('looks once at a tag without a stated digest', async (t) => {
  const { looksAt, scans, next } = await lookAt(t, { repository: 'web', tag: '1' }, () => pushed);
  assert.deepEqual([looksAt, scans, next], [[0], ['push r.example/web:1'], undefined]);
});

test('looks again after an error, as late as the registry asks', async (t) => {
  const busy = new ClairError('registry-unavailable', 'no answer', { retryAfterMs: 60_000 });
  const { looksAt, scans, failures } = await lookAt(t, { repository: 'web', tag: '1' }, (look) => {
    if (look === 1) throw busy;
    return pushed;
  });
  assert.deepEqual([looksAt, scans.length, failures.length], [[0, 60_000], 1, 1]);
});

test('gives up a digest that never appears, as in a forged notification', async (t) => {
  const name = { repository: 'web', tag: '1', pushed };
  const { looksAt, scans, next } = await lookAt(t, name, () => old);
  assert.equal(looksAt.length, limits.looksPerName);
  assert.deepEqual([scans, next], [[], undefined]);
});
