import { EqualVersionError, ExpiredMetadataError } from 'tuf-js/dist/error.js';
import { TrustedMetadataStore } from 'tuf-js/dist/store.js';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { parseJson } from '../../kit/json/json-document.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import { catalogueTarget, documentName, type TrustDocuments } from './trust-documents.ts';

/** The documents that a client trusts: those of the last verified version, or the root alone. */
export interface TrustedDocuments {
  readonly root: Buffer;
  readonly timestamp?: Buffer;
  readonly snapshot?: Buffer;
  readonly targets?: Buffer;
}

/** A published catalogue, compressed, with the documents that sign it. */
export interface SignedCatalogue {
  readonly documents: TrustDocuments;
  readonly catalogue: Buffer;
}

/** All documents of a verified version. */
export type VerifiedDocuments = Required<TrustedDocuments> & {
  readonly versions: { readonly root: number; readonly timestamp: number };
  /** When the first of them expires, ISO 8601. */
  readonly expires: string;
};

/**
 * Verifies a catalogue at a time, by the client workflow of The Update Framework 1.0, §5.3 to §5.7. Throws `feed-corrupt`
 * for a missing or wrong signature, an expired document, an older version, and documents that do not belong together.
 */
export function verifyDocuments(
  { documents, catalogue }: SignedCatalogue,
  before: TrustedDocuments,
  now: Date,
): VerifiedDocuments {
  try {
    const store = new TrustedMetadataStore(before.root);
    // The library takes the time of the system.
    Object.assign(store, { referenceTime: now });
    const root = updateRoot(store, documents, before.root);
    const timestamp = updateTimestamp(store, documents, before.timestamp);
    const snapshot = updateSnapshot(store, documents, before.snapshot);
    const targets = updateTargets(store, documents, before.targets);
    verifyCatalogue(store, catalogue);
    const versions = { root: store.root.signed.version, timestamp: store.timestamp?.signed.version ?? 0 };
    return { root, timestamp, snapshot, targets, versions, expires: earliestExpiry(store) };
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): ClairError {
  if (error instanceof ClairError) return error;
  const problem = error instanceof ExpiredMetadataError ? 'have expired' : 'are not valid';
  const reason = toSingleLine(messageOf(error), 200);
  return new ClairError('feed-corrupt', `the signatures ${problem} (${reason})`, { cause: error });
}

/** Whether signatures have expired that `verifyDocuments` refuses. */
export function isExpiry({ cause }: ClairError): boolean {
  return cause instanceof ExpiredMetadataError;
}

/** §5.3: each next root must be signed by the one before, and by itself. */
function updateRoot(store: TrustedMetadataStore, documents: TrustDocuments, before: Buffer): Buffer {
  let root = before;
  for (;;) {
    const name = documentName('root', store.root.signed.version + 1);
    const next = documents.get(name);
    if (next === undefined) return root;
    store.updateRoot(checked(name, next, limits.trustDocumentBytes));
    root = next;
  }
}

/** §5.4. A trusted timestamp with the same version stays. */
function updateTimestamp(
  store: TrustedMetadataStore,
  documents: TrustDocuments,
  before: Buffer | undefined,
): Buffer {
  // An expired one still protects from older ones. After a rotation of its key, the library does not take it over.
  if (before !== undefined) isAccepted(() => store.updateTimestamp(before));
  const next = required(documents, documentName('timestamp', 0), limits.timestampDocumentBytes);
  try {
    store.updateTimestamp(next);
    return next;
  } catch (error) {
    if (before === undefined || !(error instanceof EqualVersionError)) throw error;
    return before;
  }
}

/** §5.5. The trusted snapshot is loaded first, so that no document in the new one is older. */
function updateSnapshot(
  store: TrustedMetadataStore,
  documents: TrustDocuments,
  before: Buffer | undefined,
): Buffer {
  if (before !== undefined && isAccepted(() => store.updateSnapshot(before, true))) return before;
  const version = store.timestamp?.signed.snapshotMeta.version ?? 0;
  const next = required(documents, documentName('snapshot', version), limits.trustDocumentBytes);
  store.updateSnapshot(next);
  return next;
}

/** §5.6. */
function updateTargets(
  store: TrustedMetadataStore,
  documents: TrustDocuments,
  before: Buffer | undefined,
): Buffer {
  const update = (bytes: Buffer): void => {
    store.updateDelegatedTargets(bytes, 'targets', 'root');
  };
  if (
    before !== undefined &&
    isAccepted(() => {
      update(before);
    })
  )
    return before;
  const version = store.snapshot?.signed.meta['targets.json']?.version ?? 0;
  const next = required(documents, documentName('targets', version), limits.trustDocumentBytes);
  update(next);
  return next;
}

/** §5.7. The length and SHA-256 must be signed: the library also accepts a target without hashes. */
function verifyCatalogue(store: TrustedMetadataStore, catalogue: Buffer): void {
  const target = store.targets?.signed.targets[catalogueTarget];
  if (target === undefined) throw new ClairError('feed-corrupt', `the signatures have no ${catalogueTarget}`);
  const digest = sha256Of(catalogue);
  if (target.length !== catalogue.length || target.hashes['sha256'] !== digest)
    throw new ClairError('feed-corrupt', `the catalogue sha256:${digest} is not the one that was signed`);
}

function earliestExpiry({ root, timestamp, snapshot, targets }: TrustedMetadataStore): string {
  const times = [root, timestamp, snapshot, targets].map((one) => Date.parse(one?.signed.expires ?? ''));
  return new Date(Math.min(...times)).toISOString();
}

/** Returns whether the library accepts a document that was trusted before. */
function isAccepted(update: () => unknown): boolean {
  try {
    update();
    return true;
  } catch {
    return false;
  }
}

function required(documents: TrustDocuments, name: string, bytesMax: number): Buffer {
  const found = documents.get(name);
  if (found !== undefined) return checked(name, found, bytesMax);
  throw new ClairError(
    'feed-corrupt',
    documents.size === 0 ? 'it is not signed' : `the signed document ${name} is missing`,
  );
}

/** Checks the size and the nesting of a document before the library parses it. */
function checked(name: string, bytes: Buffer, bytesMax: number): Buffer {
  const refuse = (fault: string): ClairError =>
    new ClairError('feed-corrupt', `the signed document ${name} ${fault}`);
  if (bytes.length > bytesMax) throw refuse(`has ${bytes.length} bytes, more than ${bytesMax}`);
  parseJson(bytes, refuse);
  return bytes;
}
