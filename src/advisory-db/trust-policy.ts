import { ClairError } from '../core/errors.ts';
import type { Digest } from '../model/digest.ts';
import type { DatabasePlace } from './place.ts';

/** A published database before it is used. Nothing of its catalogue was parsed yet. */
export interface PublicationCandidate {
  readonly place: DatabasePlace;
  /** The digest of its manifest. */
  readonly digest: Digest;
  /** Whether the user named that digest. */
  readonly isPinned: boolean;
  /** Documents of the manifest that prove who published it, by their file names. */
  readonly trustDocuments: ReadonlyMap<string, Buffer>;
  /** The catalogue in compressed form. */
  readonly catalogue: Buffer;
}

/** Why a published database may be used. `unverified`: it is signed, and no root of trust was named. */
export const trusts = ['pinned', 'signed', 'expired', 'unsigned', 'unverified'] as const;
/** Why a published database may be used. */
export type Trust = (typeof trusts)[number];

/** Decides whether published databases may be used. */
export interface TrustPolicy {
  /** The name of the policy, with all that it trusts, such as a digest of the root of trust. A catalogue in the cache counts only for the policy that accepted it. */
  readonly id: string;
  /** Throws `usage` if the policy can never accept the database of a place, before anything is fetched. */
  requirePlace(place: DatabasePlace, isPinned: boolean): void;
  /** Throws `feed-corrupt` or `feed-unavailable` if a database may not be used. Called for each new manifest. */
  check(candidate: PublicationCandidate): Promise<Trust>;
}

/** The policy without signatures: accepts directories of this machine, and what a digest names. */
export const unsignedPolicy: TrustPolicy = {
  id: 'unsigned',
  requirePlace({ name, isLocal }, isPinned) {
    if (isLocal || isPinned) return;
    throw new ClairError(
      'usage',
      `${name} is not a directory, so its content must be proved: name the root of its publisher with --root, or the digest that clair db build printed with --digest sha256:… or as ${name}@sha256:…`,
    );
  },
  check: async ({ isPinned, trustDocuments }) => {
    if (isPinned) return 'pinned';
    return trustDocuments.size === 0 ? 'unsigned' : 'unverified';
  },
};
