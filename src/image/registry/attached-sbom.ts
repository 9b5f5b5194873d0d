import * as z from 'zod/mini';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import { isAttestation, isIndex } from '../format/choose-manifest.ts';
import { type Descriptor, indexDocument, manifestDocument, parseDocument } from '../format/documents.ts';
import type { Distribution } from './distribution.ts';
import { entriesOf, type RegistryImage } from './open-registry-image.ts';

/** Whose form a list of packages has. */
export type SbomForm = 'cyclonedx' | 'spdx';

/** A list of packages that somebody attached to an image. */
export interface AttachedSbom {
  readonly form: SbomForm;
  /** As it lies there; of an attestation, what it attests. */
  readonly bytes: Buffer;
}

/** A list that was found, not yet fetched. */
interface FoundSbom {
  readonly form: SbomForm | undefined;
  readonly fetch: () => Promise<Buffer>;
}

/**
 * The first list of packages that is attached to an image, as a referrer or as an attestation of BuildKit. Throws `target-not-found`
 * where there is none of the form. OCI distribution-spec, "Listing Referrers"; BuildKit, "Image Attestation Storage".
 */
export async function attachedSbom(opened: RegistryImage, form?: SbomForm): Promise<AttachedSbom> {
  for await (const found of attachedTo(opened)) {
    if (found.form !== undefined && (form === undefined || found.form === form))
      return { form: found.form, bytes: await found.fetch() };
  }
  const what = form === undefined ? 'no list of packages' : `no list of packages in ${form}`;
  throw new ClairError('target-not-found', `${what} is attached to ${opened.image.target.reference}`);
}

async function* attachedTo({ distribution, chosen, root }: RegistryImage): AsyncGenerator<FoundSbom> {
  for (const digest of new Set([chosen.digest, root.digest])) {
    for (const referrer of await referrersOf(digest, distribution))
      yield { form: formOf(referrer.artifactType ?? ''), fetch: () => contentOf(referrer, distribution) };
  }
  const entries = isIndex(root) ? entriesOf(distribution.name, root) : [];
  for (const attestation of entries.filter(
    (entry) => isAttestation(entry) && isAbout(entry, chosen.digest),
  )) {
    for (const layer of await layersOf(attestation, distribution)) {
      const type = layer.annotations?.['in-toto.io/predicate-type'] ?? '';
      yield { form: formOf(type), fetch: () => predicateOf(layer, distribution) };
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

/** Registries that do not list referrers keep them under a tag. OCI distribution-spec, "Referrers Tag Schema". */
async function referrersOf(digest: Digest, distribution: Distribution): Promise<readonly Descriptor[]> {
  const bytes = await distribution.referrers(digest);
  if (bytes !== undefined)
    return parseDocument(bytes, `the referrers of ${digest}`, indexDocument).manifests ?? [];
  try {
    const tag = `${digestAlgorithm(digest)}-${digestHex(digest)}`.slice(0, 128);
    return entriesOf(distribution.name, await distribution.manifest(tag));
  } catch (error) {
    if (error instanceof ClairError && error.code === 'target-not-found') return [];
    throw error;
  }
}

async function layersOf({ digest }: Descriptor, distribution: Distribution): Promise<Descriptor[]> {
  const { bytes } = await distribution.manifest(digest);
  return parseDocument(bytes, `the manifest ${digest} of ${distribution.name}`, manifestDocument).layers;
}

async function contentOf(referrer: Descriptor, distribution: Distribution): Promise<Buffer> {
  const [layer] = await layersOf(referrer, distribution);
  if (layer === undefined)
    throw new ClairError('target-corrupt', `${referrer.digest} of ${distribution.name} has no content`);
  return await distribution.document(layer, limits.attachedSbomBytes);
}

const statement = z.object({ predicate: z.record(z.string(), z.unknown()) });

/** in-toto attestation, "Statement". */
async function predicateOf(layer: Descriptor, distribution: Distribution): Promise<Buffer> {
  const bytes = await distribution.document(layer, limits.attachedSbomBytes);
  const { predicate } = parseDocument(
    bytes,
    `the attestation ${layer.digest} of ${distribution.name}`,
    statement,
  );
  return Buffer.from(`${JSON.stringify(predicate, undefined, 2)}\n`);
}
