import { readTrustState, writeTrustState } from './trust-state.ts';
import { type SignedCatalogue, type VerifiedDocuments, verifyDocuments } from './verify-documents.ts';

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
  { root, cache, now, acceptsExpired }: VerificationOptions,
): Promise<Verification> {
  const state = readTrustState(cache, root);
  // Nothing had expired in 1970. Everything else is verified.
  const time = acceptsExpired ? new Date(0) : now;
  const documents = verifyDocuments(signed, state ?? { root }, time);
  const isKnown = state?.root.equals(documents.root) === true && state.timestamp.equals(documents.timestamp);
  if (!isKnown) await writeTrustState(cache, root, documents);
  return { documents, isExpired: Date.parse(documents.expires) <= now.getTime() };
}
