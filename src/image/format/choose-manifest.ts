import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { platformText } from './assemble.ts';
import type { Descriptor } from './documents.ts';

/** Which image is meant of those that an index leads to. */
export interface Choice {
  /** A tag, a full reference, or a manifest digest. */
  readonly reference?: string;
  /** `os/architecture[/variant]` */
  readonly platform?: string;
}

/** Where images are chosen from. */
export interface Shelf {
  /** For messages. */
  readonly name: string;
  /** The entries of an index that is named in another; undefined where it is not there. */
  readIndex(descriptor: Descriptor): Promise<readonly Descriptor[] | undefined>;
}

const indexTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

/** Whether it is an index of manifests, and no manifest. */
export function isIndex({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return indexTypes.has(mediaType ?? '');
}

/** The manifest of the image that is meant, out of entries of an index. Throws `target-not-found` where it is not clear which. */
export async function chooseManifest(
  shelf: Shelf,
  entries: readonly Descriptor[],
  choice: Choice,
): Promise<Descriptor> {
  const named = entries.filter((entry) => isNamed(entry, choice.reference));
  const candidates = await expandAll(shelf, named, limits.indexDepth);
  return choose(shelf, candidates, entries, choice);
}

function isNamed({ digest, annotations }: Descriptor, reference: string | undefined): boolean {
  if (reference === undefined || digest === reference) return true;
  const names = [
    annotations?.['org.opencontainers.image.ref.name'],
    annotations?.['io.containerd.image.name'],
  ];
  return names.some(
    (name) =>
      name === reference ||
      name?.endsWith(`:${reference}`) === true ||
      name?.endsWith(`/${reference}`) === true,
  );
}

/** The image manifests that entries of an index lead to; attestations are no images. */
async function expandAll(shelf: Shelf, entries: readonly Descriptor[], depth: number): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  for (const entry of entries) {
    if (isAttestation(entry)) continue;
    if (!isIndex(entry)) found.push(entry);
    else if (depth === 0)
      throw new ClairError('limit-exceeded', `${shelf.name} nests indexes deeper than ${limits.indexDepth}`);
    // Layouts may leave out what nobody asked for.
    else found.push(...(await expandAll(shelf, (await shelf.readIndex(entry)) ?? [], depth - 1)));
  }
  return found;
}

/** Whether it is what BuildKit says of another entry. BuildKit, "Image Attestation Storage". */
export function isAttestation({ annotations }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
}

function choose(
  shelf: Shelf,
  candidates: readonly Descriptor[],
  all: readonly Descriptor[],
  choice: Choice,
): Descriptor {
  const wanted = choice.platform ?? `linux/${goArchitecture(process.arch)}`;
  const ofPlatform = fitting(candidates, wanted);
  const [first] = ofPlatform.length > 0 ? ofPlatform : candidates;
  const isSure =
    ofPlatform.length === 1 ||
    (ofPlatform.length === 0 && candidates.length === 1 && !isRefused(first, choice));
  if (first !== undefined && isSure) return first;
  const names = all.map(nameOf).join(', ');
  if (candidates.length === 0) {
    const what = choice.reference === undefined ? 'no image' : `no image ${choice.reference}`;
    throw new ClairError(
      'target-not-found',
      `${shelf.name} holds ${what}${names === '' ? '' : `; it has ${names}`}`,
    );
  }
  const platforms = candidates
    .map((candidate) => platformText(candidate.platform) ?? candidate.digest)
    .join(', ');
  throw new ClairError(
    'target-not-found',
    ofPlatform.length > 1
      ? `${shelf.name} holds several images; append one of their names: ${names}`
      : `${shelf.name} has no image for ${wanted}; choose one with --platform: ${platforms}`,
  );
}

/** Those of a platform; those of one of its variants only where none is of the platform itself. */
function fitting(candidates: readonly Descriptor[], wanted: string): Descriptor[] {
  const exact = candidates.filter(({ platform }) => platformText(platform) === wanted);
  if (exact.length > 0) return exact;
  return candidates.filter(({ platform }) => fitsPlatform(platformText(platform), wanted));
}

/** A lone image is taken whatever its platform, unless another was asked for by name. */
function isRefused(candidate: Descriptor | undefined, choice: Choice): boolean {
  const platform = platformText(candidate?.platform);
  return choice.platform !== undefined && platform !== null && !fitsPlatform(platform, choice.platform);
}

/** Whether a platform is the wanted one, or a variant of it. */
export function fitsPlatform(platform: string | null, wanted: string): boolean {
  return platform === wanted || (platform?.startsWith(`${wanted}/`) ?? false);
}

function nameOf({ digest, annotations }: Descriptor): string {
  return (
    annotations?.['org.opencontainers.image.ref.name'] ?? annotations?.['io.containerd.image.name'] ?? digest
  );
}

/** Node's name of an architecture as images have it. */
function goArchitecture(arch: string): string {
  return { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', loong64: 'loong64' }[arch] ?? arch;
}
