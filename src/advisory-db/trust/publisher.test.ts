import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { BaseFetcher, Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { temporaryDirectory } from '../../testing/shard-files.ts';
import { KeyDirectory } from './key-directory.ts';
import { keyIdOf, publicKeyEntry } from './public-keys.ts';
import { createRoot, type KeyRotation, type RootOutcome, rotateKeys, signPendingRoot } from './root-keys.ts';
import { signCatalogue } from './sign-catalogue.ts';
import type { TrustDocuments } from './trust-documents.ts';
import { verifyDocuments } from './verify-documents.ts';

const dayMs = 86_400_000;
const catalogue = Buffer.from('a compressed catalogue');

async function newKeys(t: TestContext, now = new Date()): Promise<KeyDirectory> {
  const directory = new KeyDirectory(join(temporaryDirectory(t), 'keys'));
  await createRoot(directory, now);
  return directory;
}

interface PublishOptions {
  readonly now?: Date;
  readonly before?: TrustDocuments;
  readonly command?: string;
}

function publish(
  directory: KeyDirectory,
  { now = new Date(), before = new Map(), command }: PublishOptions = {},
): TrustDocuments {
  const signers = { privateKeys: directory.privateKeys(), command };
  return signCatalogue(catalogue, { roots: directory.roots(), signers, now, before });
}

async function rotate(
  directory: KeyDirectory,
  roles: KeyRotation['roles'],
  options: Partial<KeyRotation> & { command?: string } = {},
): Promise<RootOutcome> {
  const signers = { privateKeys: directory.privateKeys(), command: options.command };
  return await rotateKeys(directory, { roles, publicKeys: [], signers, now: new Date(), ...options });
}

function verify(directory: KeyDirectory, documents: TrustDocuments): number {
  const root = directory.roots()[0]?.bytes ?? assert.fail();
  return verifyDocuments({ documents, catalogue }, { root }, new Date()).versions.root;
}

/** Serves signed documents to the client of the reference implementation. */
class DocumentFetcher extends BaseFetcher {
  readonly #documents: TrustDocuments;

  constructor(documents: TrustDocuments) {
    super();
    this.#documents = documents;
  }

  override async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const bytes = this.#documents.get(new URL(url).pathname.slice(1));
    if (bytes === undefined) throw new DownloadHTTPError('not found', 404);
    return new Blob([new Uint8Array(bytes)]).stream();
  }
}

test('signs documents that the client of the reference implementation accepts, over a rotation of all keys', async (t) => {
  const directory = await newKeys(t);
  const metadataDir = temporaryDirectory(t);
  writeFileSync(join(metadataDir, 'root.json'), readFileSync(join(directory.path, '1.root.json')));
  await rotate(directory, ['root', 'targets', 'snapshot', 'timestamp']);
  const fetcher = new DocumentFetcher(publish(directory));
  const client = new Updater({ metadataDir, metadataBaseUrl: 'http://localhost', fetcher });
  const target = (await client.getTargetInfo('catalogue-1.json.zst')) ?? assert.fail();
  assert.equal(target.length, catalogue.length);
  await target.verify(Readable.from([catalogue]));
  assert.match(readFileSync(join(metadataDir, 'root.json'), 'utf8'), /"version":2/);
});

test('makes key files that only their owner can read', async (t) => {
  const { path } = await newKeys(t);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  const files = readdirSync(path).filter((name) => name.endsWith('.pem'));
  assert.equal(files.length, 3);
  for (const file of files) assert.equal(statSync(join(path, file)).mode & 0o777, 0o600);
});

test('signs with lifetimes of 2, 7 and 14 days, and a root of a year', async (t) => {
  const now = new Date('2026-11-28T12:00:00Z');
  const documents = publish(await newKeys(t, now), { now });
  const expiry = (name: string): unknown =>
    (JSON.parse(documents.get(name)?.toString() ?? '') as { signed: { expires: string } }).signed.expires;
  assert.deepEqual([...documents.keys()].sort(), [
    '1.root.json',
    '1795867200.snapshot.json',
    '1795867200.targets.json',
    'timestamp.json',
  ]);
  assert.equal(expiry('timestamp.json'), '2026-11-30T12:00:00Z');
  assert.equal(expiry('1795867200.snapshot.json'), '2026-12-05T12:00:00Z');
  assert.equal(expiry('1795867200.targets.json'), '2026-12-12T12:00:00Z');
  assert.equal(expiry('1.root.json'), '2027-11-28T12:00:00Z');
});

test('raises the version when two are published within a second, when the clock goes back, and when the version before is lost', async (t) => {
  const directory = await newKeys(t);
  const now = new Date();
  const first = publish(directory, { now });
  const second = publish(directory, { now: new Date(now.getTime() - dayMs), before: first });
  const lost = publish(directory, { now: new Date(now.getTime() + 60_000) });
  const versionOf = (documents: TrustDocuments): number =>
    verifyDocuments({ documents, catalogue }, { root: directory.currentRoot().bytes }, now).versions
      .timestamp;
  assert.equal(versionOf(second), versionOf(first) + 1);
  assert.ok(versionOf(lost) > versionOf(second));
});

test('keeps clients of the first root over rotations of each role, and an extension', async (t) => {
  const directory = await newKeys(t);
  for (const [n, roles] of ([['snapshot', 'timestamp'], ['targets'], ['root'], []] as const).entries()) {
    assert.deepEqual(await rotate(directory, roles), { version: n + 2, isComplete: true });
    assert.equal(verify(directory, publish(directory)), n + 2);
  }
  // The private key of an earlier role stays as a file, and signs nothing.
  assert.equal(directory.privateKeys().size, 7);
});

test('completes a root of which two of three keys must sign, one machine after the other', async (t) => {
  const directory = await newKeys(t);
  const holders = [0, 1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey);
  const publicKeys = holders.map((key) => createPublicKey(key));
  const rotated = await rotate(directory, ['root'], { publicKeys, threshold: 2 });
  assert.deepEqual(rotated, { version: 2, isComplete: false });
  await assert.rejects(rotate(directory, []), /root\.pending\.json still lacks signatures: sign it/);
  const signAs = async (holder: KeyObject): Promise<RootOutcome> =>
    await signPendingRoot(directory, { privateKeys: new Map([[idOf(holder), holder]]) });
  assert.equal((await signAs(holders[2] ?? assert.fail())).isComplete, false);
  assert.deepEqual(directory.roots().length, 1);
  assert.deepEqual(await signAs(holders[0] ?? assert.fail()), { version: 2, isComplete: true });
  assert.equal(directory.pendingRoot(), undefined);
  assert.equal(verify(directory, publish(directory)), 2);
  await assert.rejects(signAs(holders[1] ?? assert.fail()), /no root that lacks signatures/);
});

function idOf(key: KeyObject): string {
  return keyIdOf(publicKeyEntry(key));
}

for (const [name, pair] of [
  ['Ed25519', generateKeyPairSync('ed25519')],
  ['ECDSA with P-256', generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
  ['ECDSA with P-384', generateKeyPairSync('ec', { namedCurve: 'secp384r1' })],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
] as const)
  test(`signs with a key of ${name}, as a file and by a command`, async (t) => {
    const directory = await newKeys(t);
    await rotate(directory, ['targets'], { publicKeys: [pair.publicKey] });
    assert.throws(
      () => publish(directory),
      /the keys for targets are not available \(targets was signed by 0\/1 keys\)/,
    );
    const elsewhere = join(temporaryDirectory(t), 'key.pem');
    writeFileSync(elsewhere, pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    assert.equal(verify(directory, publish(directory, { command: signingCommand(t, elsewhere) })), 2);
    renameSync(elsewhere, join(directory.path, 'kms.pem'));
    assert.equal(verify(directory, publish(directory)), 2);
  });

/** Returns a command that signs standard input with a key file, and fails for any role but targets. */
function signingCommand(t: TestContext, key: string): string {
  const script = join(temporaryDirectory(t), 'signer.cjs');
  writeFileSync(
    script,
    `const { createPrivateKey, sign, constants } = require('node:crypto');
const { readFileSync } = require('node:fs');
const key = createPrivateKey(readFileSync(${JSON.stringify(key)}));
const curve = key.asymmetricKeyDetails.namedCurve;
const hash = key.asymmetricKeyType === 'ed25519' ? null : curve === 'secp384r1' ? 'sha384' : 'sha256';
const padding = key.asymmetricKeyType === 'rsa' ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
if (process.env.CLAIR_SIGN_ROLE !== 'targets' || !/^[0-9a-f]{64}$/.test(process.env.CLAIR_SIGN_KEY)) process.exit(9);
process.stdout.write(sign(hash, readFileSync(0), { key, ...padding }).toString('base64'));`,
  );
  return `"${process.execPath}" "${script}"`;
}

test('refuses a signing command that fails, prints no signature, or signs with another key', async (t) => {
  const directory = await newKeys(t);
  await rotate(directory, ['targets'], { publicKeys: [generateKeyPairSync('ed25519').publicKey] });
  const other = join(temporaryDirectory(t), 'other.pem');
  writeFileSync(other, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }));
  for (const [command, reason] of [
    ['exit 7', /did not sign for targets: it ended with 7/],
    [
      'cat > /dev/null; echo not base64!',
      /did not sign for targets: it printed no base64 signature by the key/,
    ],
    [signingCommand(t, other), /it printed no base64 signature by the key/],
  ] as const)
    assert.throws(() => publish(directory, { command }), reason);
});

test('refuses keys that clients do not accept', async (t) => {
  const directory = await newKeys(t);
  for (const [publicKey, reason] of [
    [generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, /an? rsa key cannot sign/],
    [generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, /an? ec key cannot sign/],
    [generateKeyPairSync('x25519').publicKey, /an? x25519 key cannot sign/],
  ] as const)
    await assert.rejects(rotate(directory, ['targets'], { publicKeys: [publicKey] }), reason);
  const { publicKey } = generateKeyPairSync('ed25519');
  await assert.rejects(
    rotate(directory, ['root'], { publicKeys: [publicKey], threshold: 2 }),
    /2 keys must sign for root, but it gets only 1/,
  );
  await assert.rejects(
    rotate(directory, ['root'], { publicKeys: [publicKey, publicKey] }),
    /root has the same key twice/,
  );
  assert.equal(directory.roots().length, 1);
});

test('refuses to sign with an expired root, or below another root than the published one', async (t) => {
  const directory = await newKeys(t, new Date(Date.now() - 366 * dayMs));
  assert.throws(
    () => publish(directory),
    /the root of the keys expired at .* extend it with clair db keys rotate/,
  );
  await rotate(directory, []);
  const before = publish(directory);
  const others = await newKeys(t);
  assert.throws(
    () => publish(others, { before }),
    /is signed below 1\.root\.json, which these keys do not have/,
  );
});

test('refuses a directory with a damaged root or key file', async (t) => {
  const directory = await newKeys(t);
  writeFileSync(join(directory.path, 'broken.pem'), 'no key');
  assert.throws(() => directory.privateKeys(), /broken\.pem has no private key that can sign/);
  writeFileSync(join(directory.path, '2.root.json'), '{}');
  assert.throws(() => directory.roots(), /2\.root\.json is malformed at signatures/);
});
