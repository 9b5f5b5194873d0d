import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import { isAttestation, isIndex } from '../format/choose-manifest.ts';
import { type Descriptor, parseDocument } from '../format/documents.ts';
import { entriesOf } from '../format/fetched-image.ts';
import type { RegistryImage } from './open-registry-image.ts';
import { layersOf, referrersOf } from './referrers.ts';
import type { RepositoryClient } from './repository-client.ts';

/** Formats of attached SBOMs. */
export type SbomForm = 'cyclonedx' | 'spdx';

/** An SBOM that is attached to an image. */
export interface AttachedSbom {
  readonly form: SbomForm;
  /** The document as stored, or the predicate of an attestation. */
  readonly bytes: Buffer;
}

/** An SBOM that was found but not yet fetched. */
interface SbomCandidate {
  readonly form: SbomForm | undefined;
  readonly fetch: () => Promise<Buffer>;
}

/**
 * Fetches the first SBOM that is attached to an image, as a referrer or as a BuildKit attestation. Throws `target-not-found` if there is no
 * SBOM of the format. OCI distribution-spec, "Listing Referrers"; BuildKit, "Image Attestation Storage".
 */
export async function fetchAttachedSbom(opened: RegistryImage, form?: SbomForm): Promise<AttachedSbom> {
  for await (const found of findAttached(opened)) {
    if (found.form !== undefined && (form === undefined || found.form === form))
      return { form: found.form, bytes: await found.fetch() };
  }
  const what = form === undefined ? 'no SBOM' : `no SBOM in ${form}`;
  throw new ClairError('target-not-found', `${what} is attached to ${opened.image.target.reference}`);
}

async function* findAttached({ repository, chosen, root }: RegistryImage): AsyncGenerator<SbomCandidate> {
  for (const digest of new Set([chosen.digest, root.digest])) {
    for (const referrer of await referrersOf(digest, repository))
      yield { form: formOf(referrer.artifactType ?? ''), fetch: () => contentOf(referrer, repository) };
  }
  const entries = isIndex(root) ? entriesOf(repository.name, root) : [];
  for (const attestation of entries.filter(
    (entry) => isAttestation(entry) && isAbout(entry, chosen.digest),
  )) {
    for (const layer of await layersOf(attestation.digest, repository)) {
      const type = layer.annotations?.['in-toto.io/predicate-type'] ?? '';
      yield { form: formOf(type), fetch: () => predicateOf(layer, repository) };
    }
  }
}

function formOf(type: string): SbomForm | undefined {
  if (/spdx/i.test(type)) return 'spdx';
  return /cyclonedx/i.test(type) ? 'cyclonedx' : undefined;
}

function isAbout({ annotations }: Descriptor, digest: Digest): boolean {
  return annotations?.['vnd.docker.reference.digest'] === digest;
}

async function contentOf(referrer: Descriptor, repository: RepositoryClient): Promise<Buffer> {
  const [layer] = await layersOf(referrer.digest, repository);
  if (layer === undefined)
    throw new ClairError('target-corrupt', `${referrer.digest} of ${repository.name} has no content`);
  return await repository.fetchDocument(layer, limits.attachedSbomBytes);
}

const statement = z.object({ predicate: z.record(z.string(), z.unknown()) });

/** Reads the predicate of an attestation. in-toto attestation, "Statement". */
async function predicateOf(layer: Descriptor, repository: RepositoryClient): Promise<Buffer> {
  const bytes = await repository.fetchDocument(layer, limits.attachedSbomBytes);
  const { predicate } = parseDocument(
    bytes,
    `the attestation ${layer.digest} of ${repository.name}`,
    statement,
  );
  return Buffer.from(`${JSON.stringify(predicate, undefined, 2)}\n`);
}
