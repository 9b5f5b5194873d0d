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
  /** The name of a stricter policy, whose catalogues in the cache count, too. */
  readonly stricterId?: string;
  /** Throws `usage` if the policy can never accept the database of a place, before anything is fetched. */
  requirePlace(place: DatabasePlace, isPinned: boolean): void;
  /** Throws `feed-corrupt` or `feed-unavailable` if a database may not be used. Called for each new manifest. */
  check(candidate: PublicationCandidate): Promise<Trust>;
}

/** How a user states what to trust, for messages. */
export interface TrustWords {
  /** Names the root of trust. */
  readonly root: string;
  /** Names a digest for all places. Undefined if a digest is only part of the name of a place. */
  readonly digest?: string;
  /** Accepts signatures that have expired. */
  readonly acceptExpired: string;
}

/** The options of commands. */
export const trustOptions: TrustWords = {
  root: '--root',
  digest: '--digest sha256:…',
  acceptExpired: '--accept-expired',
};

/** The settings of a server. */
export const trustSettings: TrustWords = { root: 'updater.root', acceptExpired: 'updater.acceptexpired' };

/** Returns the policy without signatures: accepts directories of this machine, and what a digest names. */
export function unsignedPolicy({ root, digest }: TrustWords): TrustPolicy {
  return {
    id: 'unsigned',
    requirePlace({ name, isLocal }, isPinned) {
      if (isLocal || isPinned) return;
      const ways = [...(digest === undefined ? [] : [`with ${digest}`]), `as ${name}@sha256:…`];
      throw new ClairError(
        'usage',
        `${name} is not a directory, so its content must be proved: name the root of its publisher with ${root}, or the digest that clair db build printed ${ways.join(' or ')}`,
      );
    },
    check: async ({ isPinned, trustDocuments }) => {
      if (isPinned) return 'pinned';
      return trustDocuments.size === 0 ? 'unsigned' : 'unverified';
    },
  };
}
