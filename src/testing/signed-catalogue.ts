import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { keyIdOf, publicKeyEntry } from '../advisory-db/trust/public-keys.ts';
import { toSeconds } from '../advisory-db/trust/root-keys.ts';
import { type SignedContent, signDocument } from '../advisory-db/trust/sign-document.ts';
import {
  catalogueTarget,
  documentName,
  type Role,
  type RootContent,
  specVersion,
} from '../advisory-db/trust/trust-documents.ts';
import { dayMs } from '../core/duration.ts';
import { sha256Of } from '../kit/sha256.ts';

/** The keys of a publisher: two of three root keys must sign. */
export interface PublisherKeys {
  readonly root: readonly KeyObject[];
  readonly targets: KeyObject;
  readonly online: KeyObject;
}

/** Makes the keys of a publisher. */
export function publisherKeys(): PublisherKeys {
  return { root: [newKey(), newKey(), newKey()], targets: newKey(), online: newKey() };
}

function newKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

/** A root document of some keys, signed by these keys. */
export function signedRoot(
  keys: PublisherKeys,
  {
    version = 1,
    signedBy = keys.root,
    days = 365,
  }: { version?: number; signedBy?: readonly KeyObject[]; days?: number } = {},
): Buffer {
  const content = { ...rootOf(keys, version), expires: inDays(days) };
  // The threshold of this copy accepts the signatures that the test wants.
  const ids = signedBy.map(idOf);
  const lenient = { ...content, keys: { ...content.keys, ...entriesOf(signedBy) } };
  const signing = { ...lenient, roles: { ...lenient.roles, root: { keyids: ids, threshold: ids.length } } };
  return signDocument('root', content, signing, signersOf(signedBy));
}

function rootOf({ root, targets, online }: PublisherKeys, version = 1): RootContent {
  return {
    _type: 'root',
    spec_version: specVersion,
    consistent_snapshot: true,
    version,
    expires: inDays(365),
    keys: entriesOf([...root, targets, online]),
    roles: {
      root: { keyids: root.map(idOf), threshold: 2 },
      targets: { keyids: [idOf(targets)], threshold: 1 },
      snapshot: { keyids: [idOf(online)], threshold: 1 },
      timestamp: { keyids: [idOf(online)], threshold: 1 },
    },
  };
}

/** How the documents of a catalogue differ from proper ones. */
export interface SigningVariant {
  /** The keys that sign a role, instead of the proper ones. */
  readonly keys?: Partial<Record<Exclude<Role, 'root'>, KeyObject>>;
  readonly versions?: Partial<Record<Exclude<Role, 'root'>, number>>;
  /** Days for which a document is valid. */
  readonly days?: Partial<Record<Exclude<Role, 'root'>, number>>;
  /** A targets document instead of one for the catalogue. */
  readonly targets?: Buffer;
  /** Whether the targets have a hash of the catalogue; true by default. */
  readonly hasHashes?: boolean;
}

/** Signs a catalogue. All documents have this version. */
export function signedDocuments(
  catalogue: Buffer,
  { keys, version, variant = {} }: { keys: PublisherKeys; version: number; variant?: SigningVariant },
): Map<string, Buffer> {
  const { versions = {} } = variant;
  const sign = (role: Exclude<Role, 'root'>, content: SignedContent): Buffer => {
    const key = variant.keys?.[role] ?? (role === 'targets' ? keys.targets : keys.online);
    const common = { _type: role, spec_version: specVersion, version: versions[role] ?? version };
    const expires = inDays(variant.days?.[role] ?? 2);
    const root = rootOf({ ...keys, targets: key, online: key });
    return signDocument(role, { ...common, expires, ...content }, root, signersOf([key]));
  };
  const hashes: Record<string, string> = variant.hasHashes === false ? {} : { sha256: sha256Of(catalogue) };
  const file = { length: catalogue.length, hashes };
  const targets = variant.targets ?? sign('targets', { targets: { [catalogueTarget]: file } });
  const targetsVersion = versions.targets ?? version;
  const snapshot = sign('snapshot', { meta: { 'targets.json': metaOf(targets, targetsVersion) } });
  const snapshotVersion = versions.snapshot ?? version;
  const timestamp = sign('timestamp', { meta: { 'snapshot.json': metaOf(snapshot, snapshotVersion) } });
  return new Map([
    [documentName('targets', targetsVersion), targets],
    [documentName('snapshot', snapshotVersion), snapshot],
    [documentName('timestamp', 0), timestamp],
  ]);
}

function metaOf(document: Buffer, version: number): SignedContent {
  return { version, length: document.length, hashes: { sha256: sha256Of(document) } };
}

function inDays(days: number): string {
  return toSeconds(new Date(Date.now() + days * dayMs));
}

function idOf(key: KeyObject): string {
  return keyIdOf(publicKeyEntry(key));
}

function entriesOf(keys: readonly KeyObject[]): RootContent['keys'] {
  return Object.fromEntries(keys.map((key) => [idOf(key), publicKeyEntry(key)]));
}

function signersOf(keys: readonly KeyObject[]): { readonly privateKeys: ReadonlyMap<string, KeyObject> } {
  return { privateKeys: new Map(keys.map((key) => [idOf(key), key])) };
}
