import { ClairError } from '../../core/errors.ts';
import type { PieceHash } from '../../kit/decompress/split/shared-hash.ts';
import { type Digest, digestAlgorithm } from '../../model/digest.ts';

/** Returns the digest of the hashed bytes, with the algorithm of the claimed one. */
export function digestOf(hash: PieceHash, claimed: Digest | undefined): Digest {
  const algorithm = claimed === undefined ? 'sha256' : digestAlgorithm(claimed);
  return `${algorithm}:${hash.digest('hex')}` as Digest;
}

/**
 * Throws `target-corrupt` if bytes do not have the digest that the image claims. `cause` is the error that occurred while they were read.
 */
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
