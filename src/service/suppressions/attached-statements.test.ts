import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { publicKeyId } from '../../kit/dsse.ts';
import type { Digest } from '../../model/digest.ts';
import type { AttachedVex } from '../../store/attached-vex-store.ts';
import type { Store } from '../../store/store.ts';
import { readVex } from '../../suppression-files/read-vex.ts';
import { affectedRow, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { openVexDocument } from '../../testing/vex-documents.ts';
import { affectedBy } from '../notifications/affected-images.ts';
import { isSuppressedEverywhere } from '../notifications/notification-message.ts';
import { ActiveSuppressions } from './active-suppressions.ts';
import { type VexKeyRule, VexKeys } from './vex-keys.ts';

const extensions = { schemes: [], sources: [] };
const shop = 'registry.example/shop';
const { publicKey } = generateKeyPairSync('ed25519');
const key = { id: publicKeyId(publicKey), key: publicKey };

const content = JSON.stringify(
  openVexDocument([
    {
      vulnerability: { name: 'CVE-2026-1' },
      products: [{ '@id': 'pkg:deb/debian/x' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_present',
    },
  ]),
);
const document = { digest: 'sha256:a', signer: key.id, content };
const attached = (changes: Partial<AttachedVex> = {}): AttachedVex => ({
  repository: shop,
  documents: [document],
  refused: 0,
  unreadable: [],
  ...changes,
});

function active(store: Store, ...rules: readonly VexKeyRule[]): ActiveSuppressions {
  return new ActiveSuppressions({
    parse: ({ name, content: text }) => ({
      rules: [],
      statements: readVex(Buffer.from(text), { place: name, wants: () => true }).statements,
    }),
    store,
    vexKeys: new VexKeys(rules),
    now: () => new Date('2026-01-02T00:00:00Z'),
    ofServer: { rules: [], statements: [] },
    onUnreadable: (name) => assert.fail(name),
  });
}

async function saveImage(store: Store, name: string, repositories: readonly string[]): Promise<number> {
  const digest = `sha256:${name.repeat(64)}` as Digest;
  const number = await store.knownImages.record({
    image: await store.images.save(image([installed('x')], name)),
    isScoped: false,
    isVerified: true,
    diffIds: [digest],
    platform: null,
    reference: `registry:${shop}:${name}`,
    origin: 'registry',
    digest,
    hasManifest: true,
    digests: [digest],
    root: digest,
    labels: {},
    names: repositories.map((repository) => ({ repository, tag: name })),
  });
  return number ?? assert.fail();
}

async function saveAdvisories(store: Store): Promise<void> {
  await store.advisories.apply(feedUpdate({ fingerprint: 'none' }), stream([]));
  const records = [record('CVE-2026-1', { affected: [affectedRow('x')] })];
  await store.advisories.apply(feedUpdate({ fingerprint: 'all', acceptShrunk: true }), stream(records));
}

for (const engine of storeEngines)
  test(`${engine.name}: statements that are attached to an image apply to it only`, async (t) => {
    const store = await engine.create(t)();
    const [first, second] = [await saveImage(store, 'a', [shop]), await saveImage(store, 'b', [shop])];
    await saveAdvisories(store);
    const suppressions = active(store, { pattern: shop, key });
    const deps = { store, extensions, suppressions };
    const affected = async (): Promise<unknown> => {
      const list = await affectedBy('CVE-2026-1', { limit: 10 }, deps);
      return [list?.images.map(({ names }) => names[0]), list?.suppressed];
    };
    await store.notifications.createFromEvents(10);
    const [notification = assert.fail()] = await store.notifications.findDue(1);
    assert.deepEqual(await affected(), [[`${shop}:a`, `${shop}:b`], 0]);
    await store.attachedVex.save(first, 'attached/a', attached());
    assert.deepEqual(await affected(), [[`${shop}:b`], 1]);
    assert.equal(await isSuppressedEverywhere(notification, deps), false);
    await store.attachedVex.save(second, 'attached/b', attached());
    assert.deepEqual(await affected(), [[], 2]);
    assert.equal(await isSuppressedEverywhere(notification, deps), true);
    await store.attachedVex.save(second, 'attached/b', attached({ documents: [] }));
    assert.deepEqual(await affected(), [[`${shop}:b`], 1]);
    assert.equal(await isSuppressedEverywhere(notification, deps), false);
  });

const [, inMemory = assert.fail()] = storeEngines;

test('a document counts only if its key is one of all repositories that name the image', async (t) => {
  const store = await inMemory.create(t)();
  const other = 'registry.example/other';
  const number = await saveImage(store, 'a', [shop, other]);
  await store.attachedVex.save(
    number,
    'attached/a',
    attached({ refused: 2, unreadable: ['it is malformed'] }),
  );
  const found = async (...patterns: readonly string[]): Promise<unknown> => {
    const rules = patterns.map((pattern) => ({ pattern, key }));
    const { index, attached: summary } = await active(store, ...rules).forImage(number);
    return [index.isEmpty, summary?.documents, summary?.refused, summary?.unreadable];
  };
  const unreadable = ['it is malformed'];
  assert.deepEqual(await found(shop), [true, 0, 3, unreadable]);
  assert.deepEqual(await found(shop, other), [false, 1, 2, unreadable]);
  assert.deepEqual(await found('registry.example/*'), [false, 1, 2, unreadable]);
  assert.deepEqual(await found('registry.example/s*'), [true, 0, 3, unreadable]);
  assert.deepEqual(await found(), [true, undefined, undefined, undefined]);
  await store.knownImages.endNames([{ repository: other, tag: 'a' }]);
  assert.deepEqual(await found(shop), [false, 1, 2, unreadable]);
});

test('a document that cannot be read has no statements, and the summary says so', async (t) => {
  const store = await inMemory.create(t)();
  const number = await saveImage(store, 'a', [shop]);
  const documents = [{ ...document, content: '{}' }, document];
  await store.attachedVex.save(number, 'attached/a', attached({ documents }));
  const { attached: summary } = await active(store, { pattern: '**', key }).forImage(number);
  assert.deepEqual([summary?.documents, summary?.refused], [1, 0]);
  assert.match(summary?.unreadable[0] ?? '', /sha256:a\.json.* is not a VEX document/);
});
