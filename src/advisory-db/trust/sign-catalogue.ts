import { dayMs } from '../../core/duration.ts';
import { ClairError } from '../../core/errors.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { RootVersion } from './key-directory.ts';
import { toSeconds } from './root-keys.ts';
import { type SignedContent, type Signers, signDocument } from './sign-document.ts';
import {
  catalogueTarget,
  documentName,
  type Role,
  specVersion,
  type TrustDocuments,
} from './trust-documents.ts';

/** How a catalogue is signed. */
export interface SignOptions {
  /** All versions of the root, the first one first. */
  readonly roots: readonly RootVersion[];
  readonly signers: Signers;
  readonly now: Date;
  /** The documents of the version before; empty for the first version. */
  readonly before: TrustDocuments;
}

/** Times for which the documents are valid. An attacker with the online key can offer older targets to a new client until they expire. */
const lifetimesMs = { targets: 14 * dayMs, snapshot: 7 * dayMs, timestamp: 2 * dayMs };

/**
 * Signs a compressed catalogue. Returns all documents, with every version of the root. The documents share a version number: the time in
 * seconds, or the next number after the version before. So the numbers also rise if the version before was lost.
 */
export function signCatalogue(catalogue: Buffer, options: SignOptions): TrustDocuments {
  const { now, before } = options;
  const root = currentRoot(options);
  const version = Math.max(Math.floor(now.getTime() / 1000), publishedVersion(before) + 1);
  const sign = (role: keyof typeof lifetimesMs, content: SignedContent): Buffer => {
    const expires = toSeconds(new Date(now.getTime() + lifetimesMs[role]));
    const common = { _type: role, spec_version: specVersion, version, expires };
    return signDocument(role, { ...common, ...content }, root.content, options.signers);
  };
  const file = { length: catalogue.length, hashes: { sha256: sha256Of(catalogue) } };
  const targets = sign('targets', { targets: { [catalogueTarget]: file } });
  const snapshot = sign('snapshot', { meta: { 'targets.json': metaOf(targets, version) } });
  const timestamp = sign('timestamp', { meta: { 'snapshot.json': metaOf(snapshot, version) } });
  return new Map([
    ...publishedRoots(before),
    ...options.roots.map(({ version: of, bytes }): [string, Buffer] => [documentName('root', of), bytes]),
    [documentName('targets', version), targets],
    [documentName('snapshot', version), snapshot],
    [documentName('timestamp', version), timestamp],
  ]);
}

function metaOf(document: Buffer, version: number): SignedContent {
  return { version, length: document.length, hashes: { sha256: sha256Of(document) } };
}

/** Returns the root whose keys sign. Throws `config-invalid` if clients would refuse it. */
function currentRoot({ roots, now, before }: SignOptions): RootVersion {
  const root = roots.at(-1);
  if (root === undefined) throw new ClairError('config-invalid', 'there is no root to sign with');
  const isKnown = (version: number, bytes: Buffer): boolean =>
    version <= root.version && roots.every((one) => one.version !== version || one.bytes.equals(bytes));
  for (const [name, bytes] of publishedRoots(before))
    if (!isKnown(Number.parseInt(name, 10), bytes))
      throw new ClairError(
        'config-invalid',
        `the published database is signed below ${name}, which these keys do not have: use its keys, or publish into an empty directory`,
      );
  if (Date.parse(root.content.expires) > now.getTime()) return root;
  throw new ClairError(
    'config-invalid',
    `the root of the keys expired at ${root.content.expires}: extend it with clair db keys rotate`,
  );
}

function publishedRoots(before: TrustDocuments): [string, Buffer][] {
  return [...before].filter(([name]) => name.endsWith('.root.json'));
}

/** Returns the version of the published documents; 0 without any. The names of the targets have it. */
function publishedVersion(before: TrustDocuments): number {
  const suffix: `.${Role}.json` = '.targets.json';
  const names = [...before.keys()].filter((name) => name.endsWith(suffix));
  return Math.max(0, ...names.map((name) => Number.parseInt(name, 10)).filter(Number.isSafeInteger));
}
