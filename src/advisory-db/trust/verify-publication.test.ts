import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { temporaryDirectory } from '../../testing/shard-files.ts';
import {
  type PublisherKeys,
  publisherKeys,
  type SigningVariant,
  signedDocuments,
  signedRoot,
} from '../../testing/signed-catalogue.ts';
import type { SignedCatalogue } from './verify-documents.ts';
import { type Verification, verifyPublication } from './verify-publication.ts';

const dayMs = 86_400_000;
const first = Buffer.from('the catalogue of version 10');
const second = Buffer.from('the catalogue of version 11');

/** A publisher, and a client that trusts its root. */
class Scene {
  readonly keys: PublisherKeys;
  readonly root: Buffer;
  readonly cache: string;
  readonly #context: TestContext;

  constructor(context: TestContext, keys: PublisherKeys = publisherKeys()) {
    this.#context = context;
    this.keys = keys;
    this.root = signedRoot(keys);
    this.cache = temporaryDirectory(context);
  }

  /** Returns the same publisher with a client that has no trusted version. */
  newClient(): Scene {
    return new Scene(this.#context, this.keys);
  }

  sign(catalogue: Buffer, version: number, variant: SigningVariant = {}): SignedCatalogue {
    return { catalogue, documents: signedDocuments(catalogue, { keys: this.keys, version, variant }) };
  }

  async verify(signed: SignedCatalogue, { days = 0, acceptsExpired = false } = {}): Promise<Verification> {
    const now = new Date(Date.now() + days * dayMs);
    return await verifyPublication(signed, { root: this.root, cache: this.cache, now, acceptsExpired });
  }

  /** Lets the client trust version 10. */
  async trustFirst(): Promise<SignedCatalogue> {
    const signed = this.sign(first, 10);
    assert.deepEqual(await this.verifiedVersions(signed), { root: 1, timestamp: 10 });
    return signed;
  }

  async verifiedVersions(signed: SignedCatalogue): Promise<Verification['documents']['versions']> {
    return (await this.verify(signed)).documents.versions;
  }

  /** Asserts that a new client and one that trusts version 10 refuse a version. */
  async assertRefused(signed: SignedCatalogue, reason: RegExp): Promise<void> {
    await this.assertKept(signed, reason);
    const other = this.newClient();
    await other.assertRejects(signed, reason);
    assert.deepEqual(other.stateBytes(), []);
  }

  /** Asserts that a client that trusts version 10 refuses a version, and still trusts what it did. */
  async assertKept(signed: SignedCatalogue, reason: RegExp): Promise<void> {
    const trusted = await this.trustFirst();
    const before = this.stateBytes();
    await this.assertRejects(signed, reason);
    assert.deepEqual(this.stateBytes(), before);
    await this.verify(trusted);
  }

  async assertRejects(signed: SignedCatalogue, reason: RegExp): Promise<void> {
    await assert.rejects(this.verify(signed), (error) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'feed-corrupt');
      assert.match(error.message, reason);
      return true;
    });
  }

  stateBytes(): string[] {
    const directory = join(this.cache, 'trust', sha256Of(this.root));
    if (!existsSync(directory)) return [];
    return readdirSync(directory).flatMap((name) => [name, readFileSync(join(directory, name), 'utf8')]);
  }
}

function withDocuments(
  signed: SignedCatalogue,
  documents: Iterable<readonly [string, Buffer]>,
): SignedCatalogue {
  return { ...signed, documents: new Map([...signed.documents, ...documents]) };
}

function documentOf({ documents }: SignedCatalogue, name: string): Buffer {
  return documents.get(name) ?? assert.fail(name);
}

test('trusts a signed catalogue, and the next one', async (t) => {
  const scene = new Scene(t);
  await scene.trustFirst();
  assert.deepEqual(await scene.verifiedVersions(scene.sign(second, 11)), { root: 1, timestamp: 11 });
  assert.equal(readdirSync(join(scene.cache, 'trust', sha256Of(scene.root))).join(), '1-11.json');
});

test('refuses a rollback to an older signed version', async (t) => {
  const scene = new Scene(t);
  const older = scene.sign(second, 9);
  await scene.assertKept(older, /New timestamp version 9 is less than current version 10/);
});

test('refuses an expired timestamp', async (t) => {
  const scene = new Scene(t);
  await scene.assertRefused(
    scene.sign(second, 11, { days: { timestamp: -1 } }),
    /expired \(Final timestamp\.json/,
  );
});

test('refuses an expired snapshot', async (t) => {
  const scene = new Scene(t);
  await scene.assertRefused(scene.sign(second, 11, { days: { snapshot: -1 } }), /expired \(snapshot\.json/);
});

test('refuses expired targets', async (t) => {
  const scene = new Scene(t);
  await scene.assertRefused(scene.sign(second, 11, { days: { targets: -1 } }), /expired \(targets\.json/);
});

test('refuses an old snapshot under the name of the new one', async (t) => {
  const scene = new Scene(t);
  const old = documentOf(scene.sign(first, 10), '10.snapshot.json');
  const mixed = withDocuments(scene.sign(second, 11), [['11.snapshot.json', old]]);
  await scene.assertRefused(mixed, /not valid \(Expected (?:hash|length)/);
});

test('refuses old targets under the name of the new ones', async (t) => {
  const scene = new Scene(t);
  const old = documentOf(scene.sign(first, 10), '10.targets.json');
  const mixed = withDocuments(scene.sign(second, 11), [['11.targets.json', old]]);
  await scene.assertRefused({ ...mixed, catalogue: first }, /not valid \(Expected (?:hash|length)/);
});

test('refuses a timestamp by an unknown key', async (t) => {
  const scene = new Scene(t);
  const variant = { keys: { timestamp: publisherKeys().online } };
  await scene.assertRefused(scene.sign(second, 11, variant), /timestamp was signed by 0\/1 keys/);
});

test('refuses targets that the stolen online key signed', async (t) => {
  const scene = new Scene(t);
  const variant = { keys: { targets: scene.keys.online } };
  await scene.assertRefused(scene.sign(second, 11, variant), /targets was signed by 0\/1 keys/);
});

test('refuses a stolen online key that leads a known client back to older targets', async (t) => {
  const scene = new Scene(t);
  const old = documentOf(scene.sign(second, 9), '9.targets.json');
  const back = scene.sign(second, 11, { targets: old, versions: { targets: 9 } });
  await scene.assertKept(back, /New version 9 of targets\.json is less than current version 10/);
});

test('a stolen online key can offer older targets to a client that knows nothing, until they expire: the known limit', async (t) => {
  const scene = new Scene(t);
  const old = scene.sign(first, 9, { days: { targets: 14 } });
  const back = scene.sign(first, 11, {
    targets: documentOf(old, '9.targets.json'),
    versions: { targets: 9 },
    days: { snapshot: 300, timestamp: 300 },
  });
  assert.deepEqual(await scene.verifiedVersions(back), { root: 1, timestamp: 11 });
  await assert.rejects(scene.newClient().verify(back, { days: 15 }), /expired \(targets\.json/);
});

test('refuses a catalogue that was not signed', async (t) => {
  const scene = new Scene(t);
  await scene.assertRefused(
    { ...scene.sign(second, 11), catalogue: first },
    /is not the one that was signed/,
  );
});

test('refuses targets without a hash of the catalogue', async (t) => {
  const scene = new Scene(t);
  await scene.assertRefused(scene.sign(second, 11, { hasHashes: false }), /is not the one that was signed/);
});

test('refuses an endless catalogue', async (t) => {
  const scene = new Scene(t);
  const endless = Buffer.alloc(limits.catalogueBytes, second);
  await scene.assertRefused(
    { ...scene.sign(second, 11), catalogue: endless },
    /is not the one that was signed/,
  );
});

test('refuses an endless timestamp, and other documents above their limits', async (t) => {
  const scene = new Scene(t);
  for (const [name, bytes] of [
    ['timestamp.json', limits.timestampDocumentBytes],
    ['11.snapshot.json', limits.trustDocumentBytes],
    ['2.root.json', limits.trustDocumentBytes],
  ] as const) {
    const endless = withDocuments(scene.sign(second, 11), [[name, Buffer.alloc(bytes + 1, ' ')]]);
    await scene.assertRefused(endless, new RegExp(`${name} has ${bytes + 1} bytes, more than ${bytes}`));
  }
});

test('refuses documents that are not JSON, are too deep or lack members', async (t) => {
  const scene = new Scene(t);
  for (const [text, reason] of [
    ['{', /timestamp\.json is not JSON/],
    ['['.repeat(200), /timestamp\.json exceeds the nesting limit/],
    ['{}', /not valid \(signed is not defined\)/],
    ['null', /not valid/],
  ] as const)
    await scene.assertRefused(
      withDocuments(scene.sign(second, 11), [['timestamp.json', Buffer.from(text)]]),
      reason,
    );
});

test('refuses a database without signatures, and one without its snapshot', async (t) => {
  const scene = new Scene(t);
  await scene.assertRefused({ catalogue: second, documents: new Map() }, /it is not signed/);
  const documents = new Map(scene.sign(second, 11).documents);
  documents.delete('11.snapshot.json');
  await scene.assertRefused(
    { catalogue: second, documents },
    /the signed document 11\.snapshot\.json is missing/,
  );
});

test('takes the next root when enough old and new keys signed it', async (t) => {
  const scene = new Scene(t);
  await scene.trustFirst();
  const next = publisherKeys();
  const root = signedRoot(next, {
    version: 2,
    signedBy: [...scene.keys.root.slice(0, 2), ...next.root.slice(0, 2)],
  });
  const signed = signedDocuments(second, { keys: next, version: 5 });
  const rotated = { catalogue: second, documents: new Map([...signed, ['2.root.json', root] as const]) };
  assert.deepEqual(await scene.verifiedVersions(rotated), { root: 2, timestamp: 5 });
  // The online key of the first root is worth nothing now.
  await scene.assertRejects(scene.sign(first, 20), /timestamp was signed by 0\/1 keys/);
});

test('refuses a root that only one old key signed', async (t) => {
  const scene = new Scene(t);
  const next = publisherKeys();
  const root = signedRoot(next, { version: 2, signedBy: [...scene.keys.root.slice(0, 1), ...next.root] });
  await scene.assertRefused(
    withDocuments(scene.sign(second, 11), [['2.root.json', root]]),
    /root was signed by 1\/2 keys/,
  );
});

test('refuses a root that only unknown keys signed', async (t) => {
  const scene = new Scene(t);
  const unknown = publisherKeys();
  const root = signedRoot(unknown, { version: 2 });
  const signed = signedDocuments(second, { keys: unknown, version: 11 });
  const stolen = { catalogue: second, documents: new Map([...signed, ['2.root.json', root] as const]) };
  await scene.assertRefused(stolen, /root was signed by 0\/2 keys/);
});

test('refuses a root that its own keys did not sign, or of a version after the next one', async (t) => {
  const scene = new Scene(t);
  const next = publisherKeys();
  const unsigned = signedRoot(next, { version: 2, signedBy: scene.keys.root });
  await scene.assertRefused(
    withDocuments(scene.sign(second, 11), [['2.root.json', unsigned]]),
    /root was signed by 0\/2 keys/,
  );
  const skipped = signedRoot(scene.keys, { version: 3 });
  await scene.assertRefused(
    withDocuments(scene.sign(second, 11), [['2.root.json', skipped]]),
    /Expected version 2, got 3/,
  );
});

test('accepts signatures that have expired only if asked to', async (t) => {
  const scene = new Scene(t);
  const signed = await scene.trustFirst();
  await assert.rejects(scene.verify(signed, { days: 30 }), /the signatures have expired/);
  const newClient = scene.newClient();
  await assert.rejects(newClient.verify(signed, { days: 400 }), /expired/);
  const { documents, isExpired } = await newClient.verify(scene.sign(first, 10), {
    days: 400,
    acceptsExpired: true,
  });
  assert.ok(isExpired);
  assert.ok(Date.parse(documents.expires) < Date.now() + 3 * dayMs);
  assert.equal((await scene.verify(signed, { acceptsExpired: true })).isExpired, false);
});

test('refuses an expired root, until a next one extends it', async (t) => {
  const scene = new Scene(t);
  const signed = scene.sign(second, 11, { days: { timestamp: 900, snapshot: 900, targets: 900 } });
  await assert.rejects(scene.verify(signed, { days: 400 }), /Final root\.json is expired/);
  const extended = withDocuments(signed, [
    ['2.root.json', signedRoot(scene.keys, { version: 2, days: 800 })],
  ]);
  assert.equal((await scene.verify(extended, { days: 400 })).documents.versions.root, 2);
});

test('accepts nothing but the time with --accept-expired', async (t) => {
  const scene = new Scene(t);
  const variant = { keys: { timestamp: publisherKeys().online }, days: { timestamp: -1 } };
  const options = { days: 30, acceptsExpired: true };
  await assert.rejects(
    scene.verify(scene.sign(second, 11, variant), options),
    /timestamp was signed by 0\/1 keys/,
  );
  await scene.trustFirst();
  await assert.rejects(
    scene.verify(scene.sign(second, 9), options),
    /version 9 is less than current version 10/,
  );
});

test('keeps the newer trusted version when an older one was verified at the same time', async (t) => {
  const scene = new Scene(t);
  const versions = [12, 10, 14, 11, 13].map((version) => scene.sign(first, version));
  const verified = await Promise.allSettled(versions.map(async (signed) => await scene.verify(signed)));
  for (const result of verified)
    if (result.status === 'rejected') assert.match(String(result.reason), /version \d+ is less than/);
  assert.deepEqual(scene.stateBytes()[0], '1-14.json');
  await scene.assertRejects(scene.sign(first, 13), /version 13 is less than current version 14/);
});

test('refuses to work with a damaged trusted version instead of ignoring it', async (t) => {
  const scene = new Scene(t);
  const signed = await scene.trustFirst();
  const path = join(scene.cache, 'trust', sha256Of(scene.root), '1-10.json');
  truncateSync(path, 100);
  await assert.rejects(scene.verify(signed), /1-10\.json cannot be used: is not JSON.* Remove the file/);
  writeFileSync(path, '{}');
  await assert.rejects(scene.verify(signed), /cannot be used: is malformed at root/);
});

test('ignores an unfinished file of a killed process', async (t) => {
  const scene = new Scene(t);
  await scene.trustFirst();
  writeFileSync(join(scene.cache, 'trust', sha256Of(scene.root), '1-99.json.4711.part'), '{"root":');
  await scene.assertRejects(scene.sign(second, 9), /version 9 is less than current version 10/);
});
