import { ClairError } from '../../core/errors.ts';
import { readTrustState, type TrustState, writeTrustState } from './trust-state.ts';
import {
  ExpiredDocumentsError,
  type SignedCatalogue,
  type TrustedDocuments,
  type VerifiedDocuments,
  verifyDocuments,
} from './verify-documents.ts';

/** How a client verifies a published database. */
export interface TrustOptions {
  /** The root document that the client was given. */
  readonly root: Buffer;
  /** The cache directory, which keeps the last trusted version. */
  readonly cache: string;
  readonly now: Date;
  /** Whether signatures may have expired, as on a disk that was carried. */
  readonly acceptsExpired: boolean;
}

/** Why a trusted catalogue is not certainly the current one. */
export interface TrustProblem {
  readonly kind: 'refused' | 'expired';
  /** A clause for messages and reports. */
  readonly message: string;
}

/** A catalogue that the publisher signed. */
export interface TrustedCatalogue {
  /** The compressed catalogue: the one that was verified, or the last trusted one if that was refused. */
  readonly catalogue: Buffer;
  readonly problem?: TrustProblem;
}

/**
 * Verifies a published catalogue, and keeps it as the last trusted one. Returns the last trusted one with a problem if it is refused.
 * Throws `feed-corrupt` if it is refused and there is none.
 */
export async function verifyPublication(
  signed: SignedCatalogue,
  options: TrustOptions,
): Promise<TrustedCatalogue> {
  const { root, cache } = options;
  const state = readTrustState(cache, root);
  try {
    const { verified, problem } = verifyAt(signed, state ?? { root }, options);
    const { catalogue } = signed;
    if (!isSame(state, verified, catalogue)) await writeTrustState(cache, root, { ...verified, catalogue });
    return { catalogue, ...(problem !== undefined && { problem }) };
  } catch (error) {
    if (state === undefined || !(error instanceof ClairError) || error.code !== 'feed-corrupt') throw error;
    return { catalogue: state.catalogue, problem: { kind: 'refused', message: error.message } };
  }
}

/** Returns the last trusted catalogue, for a place that cannot be reached. Undefined if there is none. */
export function lastTrustedCatalogue({
  root,
  cache,
}: Pick<TrustOptions, 'root' | 'cache'>): Buffer | undefined {
  return readTrustState(cache, root)?.catalogue;
}

interface Verification {
  readonly verified: VerifiedDocuments;
  readonly problem?: TrustProblem;
}

function verifyAt(
  signed: SignedCatalogue,
  before: TrustedDocuments,
  { now, acceptsExpired }: TrustOptions,
): Verification {
  try {
    return { verified: verifyDocuments(signed, before, now) };
  } catch (error) {
    if (!acceptsExpired || !(error instanceof ExpiredDocumentsError)) throw error;
    // Nothing had expired then. Everything else is verified.
    const verified = verifyDocuments(signed, before, new Date(0));
    const message = `its signatures expired at ${verified.expires}, which --accept-expired allows`;
    return { verified, problem: { kind: 'expired', message } };
  }
}

function isSame(state: TrustState | undefined, verified: VerifiedDocuments, catalogue: Buffer): boolean {
  return (
    state?.root.equals(verified.root) === true &&
    state.timestamp.equals(verified.timestamp) &&
    state.catalogue.equals(catalogue)
  );
}
