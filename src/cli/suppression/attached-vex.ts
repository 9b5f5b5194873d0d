import { ClairError } from '../../core/errors.ts';
import { openRepository } from '../../image/registry/open-registry-image.ts';
import { parseReference } from '../../image/registry/reference.ts';
import { fetchSignedStatements, mayBeVex } from '../../image/registry/signed-statements.ts';
import { parsePublicKey, publicKeyId } from '../../kit/dsse.ts';
import { digestsOf } from '../../model/image-identity.ts';
import type { Target } from '../../model/report.ts';
import type { ConsoleOptions } from '../progress.ts';
import { warn } from '../warn.ts';
import { readSuppressionFile, type VexSource } from './suppression-files.ts';

/** Options of VEX documents that are attached to an image. */
export interface AttachedVexOptions extends ConsoleOptions {
  /** File of the public key that has signed them. */
  readonly vexKey: string;
  readonly offline?: boolean;
}

/**
 * Fetches the VEX documents that are attached to an image in its registry and signed with the key. Warns of attestations of other signers.
 * Throws `usage` if the image is not of a registry, and `registry-…`.
 */
export async function fetchAttachedVex(
  target: Pick<Target, 'kind' | 'reference' | 'manifest' | 'digest' | 'repoDigests'>,
  options: AttachedVexOptions,
): Promise<VexSource[]> {
  const { vexKey, offline: isOffline = false } = options;
  if (target.kind !== 'registry' || isOffline)
    throw new ClairError(
      'usage',
      '--vex-key applies documents that are attached to an image in its registry: scan registry:REF, without --offline',
    );
  const key = parsePublicKey(vexKey, await readSuppressionFile(vexKey, 'publicKeyBytes'));
  const repository = openRepository(parseReference(target.reference.replace(/^registry:/, '')), {
    env: process.env,
  });
  const { signed, refused } = await fetchSignedStatements(digestsOf(target), repository, [
    { id: publicKeyId(key), key },
  ]);
  const documents = signed.filter(mayBeVex);
  if (documents.length === 0)
    warn(`no VEX document that ${vexKey} has signed is attached to the image`, options);
  if (refused > 0)
    warn(
      `attestations of the image that do not count, since ${vexKey} has not signed them for it: ${refused}`,
      options,
    );
  return documents.map(({ name, predicate }) => ({
    argument: name,
    place: name,
    read: () => Promise.resolve(predicate),
  }));
}
