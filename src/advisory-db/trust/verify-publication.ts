import { readTrustState, writeTrustState } from './trust-state.ts';
import {
  ExpiredDocumentsError,
  type SignedCatalogue,
  type TrustedDocuments,
  type VerifiedDocuments,
  verifyDocuments,
} from './verify-documents.ts';

/** How a client verifies published databases. */
export interface VerificationOptions {
  /** The root document that the client was given. */
  readonly root: Buffer;
  /** The cache directory, which keeps the last trusted documents. */
  readonly cache: string;
  readonly now: Date;
  /** Whether signatures may have expired, as on a disk that was carried. */
  readonly acceptsExpired: boolean;
}

/** A verified publication. */
export interface Verification {
  readonly documents: VerifiedDocuments;
  /** Whether its signatures have expired, and that was accepted. */
  readonly isExpired: boolean;
}

/**
 * Verifies a published catalogue, and keeps its documents, so that no older version is accepted later. Throws `feed-corrupt`, and keeps the
 * documents before.
 */
export async function verifyPublication(
  signed: SignedCatalogue,
  options: VerificationOptions,
): Promise<Verification> {
  const { root, cache } = options;
  const state = readTrustState(cache, root);
  const verification = verifyAt(signed, state ?? { root }, options);
  const { documents } = verification;
  const isKnown = state?.root.equals(documents.root) === true && state.timestamp.equals(documents.timestamp);
  if (!isKnown) await writeTrustState(cache, root, documents);
  return verification;
}

function verifyAt(
  signed: SignedCatalogue,
  before: TrustedDocuments,
  { now, acceptsExpired }: VerificationOptions,
): Verification {
  try {
    return { documents: verifyDocuments(signed, before, now), isExpired: false };
  } catch (error) {
    if (!acceptsExpired || !(error instanceof ExpiredDocumentsError)) throw error;
    // Nothing had expired then. Everything else is verified.
    return { documents: verifyDocuments(signed, before, new Date(0)), isExpired: true };
  }
}
