import type { Hash } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { type Digest, digestAlgorithm } from '../../model/digest.ts';

/** The digest of what was hashed, by the algorithm of the claimed one. */
export function digestOf(hash: Hash, claimed: Digest | undefined): Digest {
  const algorithm = claimed === undefined ? 'sha256' : digestAlgorithm(claimed);
  return `${algorithm}:${hash.digest('hex')}` as Digest;
}

/** Refuses bytes that are others than the image says; `cause` is what went wrong while they were read. Throws `target-corrupt`. */
export function assertDigestMatches(
  kind: 'digest' | 'diffID',
  claimed: Digest | undefined,
  actual: Digest | undefined,
  cause?: unknown,
): void {
  if (claimed === undefined || actual === undefined || claimed === actual) return;
  const message = `its ${kind} is ${actual}, not ${claimed} as the image says: it is damaged`;
  throw new ClairError('target-corrupt', message, { cause });
}
