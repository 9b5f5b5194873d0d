import type { KeyObject } from 'node:crypto';
import { dayMs } from '../../core/duration.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type KeyDirectory, pendingRootName, type RootVersion } from './key-directory.ts';
import { keyIdOf, publicKeyEntry } from './public-keys.ts';
import {
  addSignatures,
  decodeRoot,
  encodeDocument,
  hasSignatures,
  parseMetadata,
  type Signers,
} from './sign-document.ts';
import { documentName, type Role, type RootContent, roles, specVersion } from './trust-documents.ts';

/** Time for which a root is valid. */
export const rootLifetimeMs: number = 365 * dayMs;

/** Makes keys for all roles, and the first root. One key signs snapshots and timestamps. */
export async function createRoot(directory: KeyDirectory, now: Date): Promise<void> {
  const online = directory.createKey('online');
  const keys = {
    root: directory.createKey('root'),
    targets: directory.createKey('targets'),
    snapshot: online,
    timestamp: online,
  };
  const empty = { keyids: [], threshold: 1 };
  let content: RootContent = {
    _type: 'root',
    spec_version: specVersion,
    consistent_snapshot: true,
    version: 1,
    expires: expiryOf(now),
    keys: {},
    roles: { root: empty, targets: empty, snapshot: empty, timestamp: empty },
  };
  for (const role of roles) content = withKeys(content, role, { publicKeys: [keys[role]], threshold: 1 });
  await finishRoot(directory, content, { signers: { privateKeys: directory.privateKeys() } });
}

/** How the keys of some roles are replaced. */
export interface KeyRotation {
  /** The roles with new keys. Without any, only the validity of the root is extended. */
  readonly roles: readonly Role[];
  /** The new keys; without any, one is made for each role. */
  readonly publicKeys: readonly KeyObject[];
  /** How many keys of the role must sign; as before if absent. */
  readonly threshold?: number | undefined;
  readonly signers: Signers;
  readonly now: Date;
}

/** A root after an attempt to complete it. */
export interface RootOutcome {
  readonly version: number;
  /** Whether it has all signatures. If not, it waits for `clair db keys sign`. */
  readonly isComplete: boolean;
}

/**
 * Makes the next root, with new keys for some roles. The keys of the root before sign it, and so do its own. If some of them are elsewhere,
 * it waits in the directory for their signatures.
 */
export async function rotateKeys(directory: KeyDirectory, rotation: KeyRotation): Promise<RootOutcome> {
  const current = directory.currentRoot();
  if (directory.pendingRoot() !== undefined)
    throw new ClairError(
      'usage',
      `${directory.path}/${pendingRootName} still lacks signatures: sign it with clair db keys sign, or delete it`,
    );
  const { version } = current;
  let content: RootContent = { ...current.content, version: version + 1, expires: expiryOf(rotation.now) };
  const { publicKeys } = rotation;
  const count = Math.max(1, publicKeys.length);
  for (const role of rotation.roles) {
    const threshold = rotation.threshold ?? Math.min(content.roles[role].threshold, count);
    if (threshold > count)
      throw new ClairError(
        'usage',
        `${threshold} keys must sign for ${role}, but it gets only ${count}: name more with --public-key, or a lower --threshold`,
      );
    const keys = publicKeys.length === 0 ? [directory.createKey(role)] : publicKeys;
    content = withKeys(content, role, { publicKeys: keys, threshold });
  }
  const privateKeys = new Map([...rotation.signers.privateKeys, ...directory.privateKeys()]);
  return await finishRoot(directory, content, {
    before: current,
    signers: { ...rotation.signers, privateKeys },
  });
}

/** Adds the available signatures to the root that waits for them. Throws `usage` if none does. */
export async function signPendingRoot(directory: KeyDirectory, signers: Signers): Promise<RootOutcome> {
  const pending = directory.pendingRoot();
  if (pending === undefined)
    throw new ClairError('usage', `${directory.path} has no root that lacks signatures`);
  return await finishRoot(directory, pending.content, {
    before: directory.currentRoot(),
    signers,
    earlier: pending.bytes,
  });
}

interface FinishOptions {
  readonly before?: RootVersion;
  readonly signers: Signers;
  /** The document with the signatures that it has. */
  readonly earlier?: Buffer;
}

async function finishRoot(
  directory: KeyDirectory,
  content: RootContent,
  { before, signers, earlier }: FinishOptions,
): Promise<RootOutcome> {
  const document =
    earlier === undefined ? parseMetadata('root', { signed: content, signatures: [] }) : decodeRoot(earlier);
  const signing = [...(before === undefined ? [] : [before.content]), content];
  for (const root of signing) addSignatures(document, 'root', root, signers);
  const isComplete = signing.every((root) => hasSignatures(document, 'root', root));
  const name = isComplete ? documentName('root', content.version) : pendingRootName;
  await directory.writeDocument(name, encodeDocument(document));
  if (isComplete) directory.removePendingRoot();
  return { version: content.version, isComplete };
}

interface RoleKeys {
  readonly publicKeys: readonly KeyObject[];
  readonly threshold: number;
}

function withKeys(content: RootContent, role: Role, { publicKeys, threshold }: RoleKeys): RootContent {
  if (publicKeys.length > limits.signingKeys)
    throw new ClairError('usage', `${role} has more than ${limits.signingKeys} keys`);
  const entries = publicKeys.map((key) => publicKeyEntry(key));
  const keyids = [...new Set(entries.map(keyIdOf))];
  if (keyids.length < entries.length) throw new ClairError('usage', `${role} has the same key twice`);
  const roleKeys = { ...content.roles, [role]: { keyids, threshold } };
  const all = { ...content.keys, ...Object.fromEntries(entries.map((entry) => [keyIdOf(entry), entry])) };
  const used = new Set(Object.values(roleKeys).flatMap((of) => of.keyids));
  const keys = Object.fromEntries(Object.entries(all).filter(([id]) => used.has(id)));
  return { ...content, keys, roles: roleKeys };
}

function expiryOf(now: Date): string {
  return toSeconds(new Date(now.getTime() + rootLifetimeMs));
}

/** Returns a time as The Update Framework writes it: ISO 8601 without fractions of a second. */
export function toSeconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
