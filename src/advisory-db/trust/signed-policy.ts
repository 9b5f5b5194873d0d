import { ClairError } from '../../core/errors.ts';
import { parseBySchema, parseJson } from '../../kit/json/json-document.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { TrustPolicy, TrustWords } from '../trust-policy.ts';
import { rootDocument } from './trust-documents.ts';

/** A root of trust, and how it is used. */
export interface SignedPolicyOptions {
  /** The root document. */
  readonly root: Buffer;
  /** The cache directory, which keeps the last trusted documents. */
  readonly cache: string;
  readonly now: () => Date;
  /** Whether signatures may have expired. */
  readonly acceptsExpired: boolean;
  readonly words: Pick<TrustWords, 'acceptExpired'>;
}

/** Returns the policy that accepts what a root of trust signs, and versions whose digest the user names. */
export function signedPolicy({ root, cache, now, acceptsExpired, words }: SignedPolicyOptions): TrustPolicy {
  const strictId = `signed below ${sha256Of(root)}`;
  return {
    // A version that was accepted in spite of its expiry does not count later for a command that does not accept that.
    ...(acceptsExpired ? { id: `${strictId}, or expired`, stricterId: strictId } : { id: strictId }),
    requirePlace: () => undefined,
    async check({ place, isPinned, trustDocuments: documents, catalogue }) {
      if (isPinned) return 'pinned';
      const { verifyPublication } = await import('./verify-publication.ts');
      try {
        const options = { root, cache, now: now(), acceptsExpired };
        const { isExpired } = await verifyPublication({ documents, catalogue }, options);
        return isExpired ? 'expired' : 'signed';
      } catch (error) {
        if (!(error instanceof ClairError) || error.code !== 'feed-corrupt') throw error;
        const { isExpiry } = await import('./verify-documents.ts');
        const remedy = isExpiry(error)
          ? `Fetch a newer one, or accept an old copy with ${words.acceptExpired}`
          : 'Name another place with --from, or ask its publisher';
        throw new ClairError(
          'feed-corrupt',
          `the published database at ${place.name} is refused: ${error.message}. ${remedy}.`,
          { cause: error },
        );
      }
    },
  };
}

/** Checks that bytes are a root document. `name` is that of the file. Throws `usage`. */
export function requireRoot(name: string, bytes: Buffer): Buffer {
  const refuse = (fault: string): ClairError =>
    new ClairError('usage', `${name} is not a root document such as 1.root.json: it ${fault}`);
  parseBySchema(rootDocument, parseJson(bytes, refuse), ({ fault }) => refuse(fault));
  return bytes;
}
