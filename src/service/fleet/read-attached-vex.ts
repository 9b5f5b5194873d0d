import { ClairError, type ErrorCode } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { parseReference } from '../../image/registry/reference.ts';
import type { RepositoryClient } from '../../image/registry/repository-client.ts';
import {
  fetchSignedStatements,
  mayBeVex,
  type SignedStatement,
} from '../../image/registry/signed-statements.ts';
import type { ParseSuppressions } from '../../match/suppress/decide.ts';
import { digestsOf } from '../../model/image-identity.ts';
import type { Target } from '../../model/report.ts';
import type { AttachedVex, AttachedVexDocument } from '../../store/attached-vex-store.ts';
import { readAttachedDocument } from '../suppressions/attached-statements.ts';
import type { VexKeys } from '../suppressions/vex-keys.ts';

/** Dependencies of `readAttachedVex`. */
export interface ReadAttachedVexDeps {
  readonly vexKeys: VexKeys;
  readonly parse: ParseSuppressions;
  /** Opens a repository of a registry. */
  readonly openRepository: (reference: {
    readonly registry: string;
    readonly repository: string;
  }) => RepositoryClient;
}

/** Errors of the content. Another attempt would have them, too. */
const lasting: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['target-corrupt', 'limit-exceeded']);

/**
 * Reads the VEX documents that are attached to an image in its registry and signed with a key of its repository. Returns undefined if the
 * repository has no key. Documents that are too large or malformed do not count, and neither does any if an attestation is malformed: the
 * result says so. Throws `registry-…`.
 */
export async function readAttachedVex(
  target: Pick<Target, 'reference' | 'manifest' | 'digest' | 'repoDigests'>,
  { vexKeys, parse, openRepository }: ReadAttachedVexDeps,
): Promise<AttachedVex | undefined> {
  const named = parseReference(target.reference.replace(/^registry:/, ''));
  const repository = `${named.registry}/${named.repository}`;
  const keys = vexKeys.of(repository);
  if (keys.length === 0) return undefined;
  try {
    const { signed, refused } = await fetchSignedStatements(digestsOf(target), openRepository(named), keys);
    return { repository, refused, ...usableDocuments(signed.filter(mayBeVex), repository, parse) };
  } catch (error) {
    if (!(error instanceof ClairError) || !lasting.has(error.code)) throw error;
    return { repository, refused: 0, documents: [], unreadable: [error.message] };
  }
}

/** Returns the documents with statements. An SBOM in CycloneDX has none. */
function usableDocuments(
  signed: readonly SignedStatement[],
  repository: string,
  parse: ParseSuppressions,
): Pick<AttachedVex, 'documents' | 'unreadable'> {
  const documents: AttachedVexDocument[] = [];
  const unreadable: string[] = [];
  let bytes = 0;
  for (const { digest, signer, name, predicate } of signed) {
    const document = { digest, signer, content: predicate.toString() };
    const { statements, problem } = readAttachedDocument(document, { repository }, parse);
    if (problem !== undefined) unreadable.push(problem);
    if (statements.length === 0) continue;
    bytes += predicate.length;
    if (bytes > limits.attachedVexBytes)
      unreadable.push(`${name} exceeds the limit of ${limits.attachedVexBytes} bytes for one image`);
    else documents.push(document);
  }
  return { documents, unreadable };
}
