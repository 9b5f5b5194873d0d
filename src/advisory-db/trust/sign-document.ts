import { spawnSync } from 'node:child_process';
import { constants, type KeyObject, sign } from 'node:crypto';
import { Key, Metadata, MetadataKind, Signature } from '@tufjs/models';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { publicKeyEntry } from './public-keys.ts';
import type { PublicKeyEntry, Role, RootContent } from './trust-documents.ts';

/** Signing keys: private keys by their ids, and a command for all other keys. */
export interface Signers {
  readonly privateKeys: ReadonlyMap<string, KeyObject>;
  /** A command of the shell. It gets the bytes on standard input, and prints the signature in base64. */
  readonly command?: string | undefined;
}

/** The signed part of a document, as JSON. */
export type SignedContent = Parameters<(typeof Metadata)['fromJSON']>[1];

type AnyMetadata = ReturnType<typeof parseMetadata>;

/** Parses a document by the kind of its role. */
export function parseMetadata(role: Role, content: SignedContent) {
  return readers[role](content);
}

const readers = {
  root: (content: SignedContent) => Metadata.fromJSON(MetadataKind.Root, content),
  targets: (content: SignedContent) => Metadata.fromJSON(MetadataKind.Targets, content),
  snapshot: (content: SignedContent) => Metadata.fromJSON(MetadataKind.Snapshot, content),
  timestamp: (content: SignedContent) => Metadata.fromJSON(MetadataKind.Timestamp, content),
};

/** Signs the content of a document for its role. Throws `config-invalid` unless enough keys of the root signed. */
export function signDocument(
  role: Role,
  content: SignedContent,
  root: RootContent,
  signers: Signers,
): Buffer {
  const document = parseMetadata(role, { signed: content, signatures: [] });
  addSignatures(document, role, root, signers);
  const missing = missingSignatures(document, role, root);
  if (missing !== undefined)
    throw new ClairError(
      'config-invalid',
      `the keys for ${role} are not available (${missing}): add their files to the directory of keys, or name a signing command with --signer`,
    );
  return encodeDocument(document);
}

/** Adds the signatures of all keys of a role that are available, and not there yet. */
export function addSignatures(document: AnyMetadata, role: Role, root: RootContent, signers: Signers): void {
  const { keyids, threshold } = root.roles[role];
  const isEnough = (): boolean => keyids.filter((id) => id in document.signatures).length >= threshold;
  for (const id of keyids) {
    const key = root.keys[id];
    if (key === undefined || id in document.signatures) continue;
    const privateKey = signers.privateKeys.get(id);
    if (privateKey !== undefined)
      document.sign((bytes) => new Signature({ keyID: id, sig: signWith(privateKey, bytes) }));
    else if (signers.command !== undefined && !isEnough())
      signByCommand(signers.command, { document, role, id, key });
  }
}

/** Returns whether a document has the signatures that a root requires for a role. */
export function hasSignatures(document: AnyMetadata, role: Role, root: RootContent): boolean {
  return missingSignatures(document, role, root) === undefined;
}

/** Returns the reason of the library why a document lacks signatures; undefined if it has enough. */
function missingSignatures(document: AnyMetadata, role: Role, root: RootContent): string | undefined {
  try {
    parseMetadata('root', { signed: root, signatures: [] }).verifyDelegate(role, document);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Parses a root that this program wrote, with the signatures that it has. */
export function decodeRoot(bytes: Buffer): AnyMetadata {
  return parseMetadata('root', JSON.parse(bytes.toString('utf8')) as SignedContent);
}

/** Renders a document as it is published. */
export function encodeDocument(document: AnyMetadata): Buffer {
  return Buffer.from(`${JSON.stringify(document.toJSON())}\n`);
}

/** The hash functions of the schemes in root documents. Ed25519 has its own. */
const schemeHashes: Readonly<Record<string, string | null>> = {
  ed25519: null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'rsassa-pss-sha256': 'sha256',
};

function signWith(key: KeyObject, bytes: Buffer): string {
  const { scheme } = publicKeyEntry(key);
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const padding = scheme.startsWith('rsassa-pss') ? pss : {};
  return sign(schemeHashes[scheme], bytes, { key, ...padding }).toString('hex');
}

interface CommandRequest {
  readonly document: AnyMetadata;
  readonly role: Role;
  readonly id: string;
  readonly key: PublicKeyEntry;
}

/** Lets a command sign, and verifies its signature at once. */
function signByCommand(command: string, { document, role, id, key }: CommandRequest): void {
  document.sign((bytes) => {
    const { status, signal, stdout, error } = spawnSync(command, {
      shell: true,
      input: bytes,
      env: { ...process.env, CLAIR_SIGN_ROLE: role, CLAIR_SIGN_KEY: id },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: limits.signerMs,
      maxBuffer: limits.signingKeyBytes,
    });
    // A command that ends before it has read everything is also an error of the pipe.
    if (status === null)
      throw signerFailed(role, error === undefined ? `${signal} ended it` : messageOf(error));
    if (status !== 0) throw signerFailed(role, `it ended with ${status}`);
    return new Signature({
      keyID: id,
      sig: Buffer.from(stdout.toString('latin1').trim(), 'base64').toString('hex'),
    });
  });
  verifySignature(document, { role, id, key });
}

function verifySignature(document: AnyMetadata, { role, id, key }: Omit<CommandRequest, 'document'>): void {
  try {
    Key.fromJSON(id, key).verifySignature(document);
  } catch {
    throw signerFailed(role, `it printed no base64 signature by the key ${id.slice(0, 8)} of the root`);
  }
}

function signerFailed(role: Role, why: string): ClairError {
  return new ClairError('config-invalid', `the command of --signer did not sign for ${role}: ${why}`);
}
