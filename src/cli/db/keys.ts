import { createPublicKey, type KeyObject } from 'node:crypto';
import type { CatalogueSigner } from '../../advisory-db/layout-writer.ts';
import { KeyDirectory, readSmallFile } from '../../advisory-db/trust/key-directory.ts';
import {
  createRoot,
  type RootOutcome,
  rootLifetimeMs,
  rotateKeys,
  signPendingRoot,
} from '../../advisory-db/trust/root-keys.ts';
import { signCatalogue } from '../../advisory-db/trust/sign-catalogue.ts';
import type { Signers } from '../../advisory-db/trust/sign-document.ts';
import {
  type Role,
  type RootContent,
  roles,
  type TrustDocuments,
} from '../../advisory-db/trust/trust-documents.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { alignColumns } from '../align-columns.ts';
import { writeLines } from '../output.ts';
import type { ConsoleOptions } from '../progress.ts';
import { warn } from '../warn.ts';

/** How a published database is signed. */
export interface OpenKeysOptions extends ConsoleOptions {
  /** The documents of the version before. */
  readonly before: TrustDocuments;
  readonly signer?: string | undefined;
}

/** Time before the end of a root from which a publisher is warned. */
const rootWarningMs = rootLifetimeMs / 12;

/** Returns the function that signs a catalogue with the keys of a directory. Makes keys for a database that has no signatures yet. */
export async function openKeys(
  path: string,
  { before, signer, ...console }: OpenKeysOptions,
): Promise<CatalogueSigner> {
  const now = new Date();
  const directory = new KeyDirectory(path);
  if (directory.roots().length === 0 && before.size === 0) {
    await createRoot(directory, now);
    warn(`made keys in ${path}: give clients ${path}/1.root.json, and keep the other files secret`, console);
  }
  const { content } = directory.currentRoot();
  if (Date.parse(content.expires) - now.getTime() < rootWarningMs)
    warn(
      `the root of ${path} expires at ${content.expires}: extend it with clair db keys rotate ${path}`,
      console,
    );
  const signers = openSigners(directory, signer);
  return (catalogue) => signCatalogue(catalogue, { roots: directory.roots(), signers, now, before });
}

function openSigners(directory: KeyDirectory, command: string | undefined): Signers {
  return { privateKeys: directory.privateKeys(), command };
}

/** Options of `clair db keys rotate` and `clair db keys sign`. */
export interface KeyOptions {
  readonly publicKey?: readonly string[];
  readonly threshold?: number;
  readonly signer?: string;
}

/** Runs `clair db keys rotate DIR [ROLE…]`: makes the next root, with new keys for the roles. */
export async function rotateKeysIn(
  path: string,
  names: readonly string[],
  { publicKey = [], threshold, signer }: KeyOptions,
): Promise<number> {
  const named = names.map(roleOf);
  if (named.length !== 1 && (publicKey.length > 0 || threshold !== undefined))
    throw new ClairError('usage', '--public-key and --threshold need exactly one role');
  const directory = new KeyDirectory(path);
  const outcome = await rotateKeys(directory, {
    roles: named,
    publicKeys: publicKey.map(readPublicKey),
    threshold,
    signers: openSigners(directory, signer),
    now: new Date(),
  });
  return report(path, outcome);
}

/** Runs `clair db keys sign DIR`: adds signatures to a root that lacks some. */
export async function signRootIn(path: string, { signer }: KeyOptions): Promise<number> {
  const directory = new KeyDirectory(path);
  return report(path, await signPendingRoot(directory, openSigners(directory, signer)));
}

function report(path: string, { version, isComplete }: RootOutcome): number {
  writeLines([
    isComplete
      ? `${path}/${version}.root.json written: publish it with clair db build DIR --keys ${path}`
      : `${path}/root.pending.json lacks signatures: run clair db keys sign ${path} where the other root keys are`,
  ]);
  return isComplete ? 0 : 3;
}

/** Runs `clair db keys list DIR`: prints the keys of each role, and which of them are in the directory. */
export function listKeys(path: string): number {
  const directory = new KeyDirectory(path);
  const { version, content } = directory.currentRoot();
  const here = new Set(directory.privateKeys().keys());
  const rows = roles.flatMap((role) => keyRows(role, content, here));
  const unused = [...here]
    .filter((id) => !(id in content.keys))
    .map((id) => `${id.slice(0, 8)} is not used by any role`);
  writeLines([
    `root      version ${version}, expires ${content.expires}`,
    ...(directory.pendingRoot() === undefined ? [] : ['pending   the next root lacks signatures']),
    '',
    ...alignColumns([['ROLE', 'SIGNATURES', 'KEY', 'TYPE', 'PRIVATE KEY'], ...rows]),
    ...unused,
  ]);
  return 0;
}

function keyRows(role: Role, { roles: all, keys }: RootContent, here: ReadonlySet<string>): string[][] {
  const { keyids, threshold } = all[role];
  return keyids.map((id) => [
    role,
    `${threshold} of ${keyids.length}`,
    id.slice(0, 8),
    keys[id]?.scheme ?? 'unknown',
    here.has(id) ? 'here' : 'elsewhere',
  ]);
}

function roleOf(name: string): Role {
  const role = roles.find((one) => one === name);
  if (role !== undefined) return role;
  throw new ClairError('usage', `there is no role ${name}; there are ${roles.join(', ')}`);
}

function readPublicKey(path: string): KeyObject {
  const bytes = readSmallFile(path, limits.signingKeyBytes);
  try {
    return createPublicKey(bytes);
  } catch (error) {
    throw new ClairError('usage', `${path} has no public key in PEM: ${messageOf(error)}`, { cause: error });
  }
}
