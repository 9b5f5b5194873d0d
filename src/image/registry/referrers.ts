import { ClairError } from '../../core/errors.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import { type Descriptor, indexDocument, manifestDocument, parseDocument } from '../format/documents.ts';
import { entriesOf } from '../format/fetched-image.ts';
import type { RepositoryClient } from './repository-client.ts';

/**
 * Returns the referrers of a digest. Registries without the referrers API store them under a tag. OCI distribution-spec, "Referrers Tag
 * Schema".
 */
export async function referrersOf(
  digest: Digest,
  repository: RepositoryClient,
): Promise<readonly Descriptor[]> {
  const bytes = await repository.fetchReferrers(digest);
  if (bytes !== undefined)
    return parseDocument(bytes, `the referrers of ${digest}`, indexDocument).manifests ?? [];
  const found = await unlessMissing(repository.fetchManifest(tagOf(digest).slice(0, 128)));
  return found === undefined ? [] : entriesOf(repository.name, found);
}

/** Returns the layers of a manifest, by its digest or tag. Throws `target-not-found` if it does not exist. */
export async function layersOf(reference: string, repository: RepositoryClient): Promise<Descriptor[]> {
  const { bytes } = await repository.fetchManifest(reference);
  return parseDocument(bytes, `the manifest ${reference} of ${repository.name}`, manifestDocument).layers;
}

/** Returns the descriptors of the attestations that cosign attaches under a tag. Empty if it has attached none. */
export async function cosignAttestationsOf(
  digest: Digest,
  repository: RepositoryClient,
): Promise<readonly Descriptor[]> {
  return (await unlessMissing(layersOf(`${tagOf(digest)}.att`, repository))) ?? [];
}

function tagOf(digest: Digest): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest)}`;
}

async function unlessMissing<T>(fetched: Promise<T>): Promise<T | undefined> {
  try {
    return await fetched;
  } catch (error) {
    if (error instanceof ClairError && error.code === 'target-not-found') return undefined;
    throw error;
  }
}
