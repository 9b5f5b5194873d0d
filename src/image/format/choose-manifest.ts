import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import { annotatedNames, withNamesOf } from '../../model/image-identity.ts';
import { type Descriptor, indexTypes } from './documents.ts';
import { isNameOf } from './image-name.ts';
import {
  defaultPlatform,
  fitsPlatform,
  isOtherPlatform,
  normalizePlatform,
  platformText,
} from './platform.ts';

/** Which image is meant of those that an index leads to. */
export interface Choice {
  /** A tag, a full reference, or a manifest digest. */
  readonly reference?: string;
  /** `os/architecture[/variant]` */
  readonly platform?: string;
  /** One of those that `listManifests` gave; the platform then decides nothing. */
  readonly manifest?: Digest;
}

/** Where images are chosen from. */
export interface ImageIndexReader {
  /** For messages. */
  readonly name: string;
  /** The entries of an index that is named in another; undefined where it is not there. */
  readIndex(descriptor: Descriptor): Promise<readonly Descriptor[] | undefined>;
}

/** Whether it is an index of manifests, and no manifest. */
export function isIndex({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return indexTypes.has(mediaType ?? '');
}

/** The manifest of the image that is meant, out of entries of an index. Throws `target-not-found` where it is not clear which. */
export async function chooseManifest(
  reader: ImageIndexReader,
  entries: readonly Descriptor[],
  choice: Choice,
): Promise<Descriptor> {
  const named = entries.filter((entry) => isNamed(entry, choice.reference));
  const candidates = await expandIndexes(reader, named, limits.indexDepth);
  const { manifest } = choice;
  return candidates.find(({ digest }) => digest === manifest) ?? choose(reader, candidates, entries, choice);
}

/** A manifest of an index, and the platform that the index names for it. */
export interface ListedManifest {
  readonly digest: Digest;
  readonly platform: string | null;
}

/** A manifest that an index leads to, and the names that the image has by that way. */
export interface ListedImage extends ListedManifest {
  readonly names: readonly string[];
}

/** All images that entries of an index lead to, once for each way. */
export async function listImages(
  reader: ImageIndexReader,
  entries: readonly Descriptor[],
): Promise<readonly ListedImage[]> {
  const all = await expandIndexes(reader, entries, limits.indexDepth);
  return all.map(({ digest, platform, annotations }) => ({
    digest,
    platform: platformText(platform),
    names: annotatedNames(annotations),
  }));
}

/** The manifests of all images that entries of an index lead to, each once; what BuildKit says of images is left out. */
export async function listManifests(
  reader: ImageIndexReader,
  entries: readonly Descriptor[],
  { reference }: Pick<Choice, 'reference'>,
): Promise<readonly ListedManifest[]> {
  const named = entries.filter((entry) => isNamed(entry, reference));
  const all = await expandIndexes(reader, named, limits.indexDepth);
  const images = all.filter((entry) => !hasUnknownPlatform(entry));
  if (images.length > limits.platformsPerImage)
    throw new ClairError(
      'limit-exceeded',
      `${reader.name} has more than ${limits.platformsPerImage} images`,
      {
        limit: 'platformsPerImage',
      },
    );
  return distinct(images).map(({ digest, platform }) => ({ digest, platform: platformText(platform) }));
}

/** Each manifest once. */
function distinct(entries: readonly Descriptor[]): Descriptor[] {
  return [...new Map(entries.map((entry) => [entry.digest, entry])).values()];
}

function isNamed({ digest, annotations }: Descriptor, reference: string | undefined): boolean {
  if (reference === undefined || digest === reference) return true;
  const names = [
    annotations?.['org.opencontainers.image.ref.name'],
    annotations?.['io.containerd.image.name'],
  ];
  return names.some((name) => isNameOf(name, reference));
}

/** The image manifests that entries of an index lead to; attestations are no images. */
async function expandIndexes(
  reader: ImageIndexReader,
  entries: readonly Descriptor[],
  depth: number,
): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  for (const entry of entries) {
    // Runtimes choose by the platform alone: an attestation for a real one may be run.
    if (isAttestation(entry) && hasUnknownPlatform(entry)) continue;
    if (!isIndex(entry)) found.push(entry);
    else if (depth === 0)
      throw new ClairError('limit-exceeded', `${reader.name} nests indexes deeper than ${limits.indexDepth}`);
    // Layouts may leave out what nobody asked for.
    else {
      const entries = await expandIndexes(reader, (await reader.readIndex(entry)) ?? [], depth - 1);
      found.push(...entries.map((inner) => withIndexPlatform(reader, withIndexNames(inner, entry), entry)));
    }
  }
  return found;
}

/** A manifest is for the platform of the index that leads to it. Throws `target-corrupt` if it says another one. */
function withIndexPlatform({ name }: ImageIndexReader, entry: Descriptor, index: Descriptor): Descriptor {
  const [own, above] = [platformText(entry.platform), platformText(index.platform)];
  if (above === null) return entry;
  if (own === null) return { ...entry, platform: index.platform };
  if (fitsPlatform(own, above) || fitsPlatform(above, own)) return entry;
  throw new ClairError(
    'target-corrupt',
    `${name} has an index for ${above} with an image for ${own}, ${entry.digest}: runtimes differ in which of the two platforms counts`,
  );
}

/** A manifest has the names of the index that leads to it. */
function withIndexNames(entry: Descriptor, { annotations }: Descriptor): Descriptor {
  return annotatedNames(annotations).length === 0
    ? entry
    : { ...entry, annotations: withNamesOf(entry.annotations, annotations) };
}

/** Whether it is marked as what BuildKit says of another entry. BuildKit, "Image Attestation Storage". */
export function isAttestation({ annotations }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
}

/** Whether an index says of an entry that it is for no platform. */
function hasUnknownPlatform({ platform }: Descriptor): boolean {
  return normalizePlatform(platformText(platform) ?? '') === 'unknown/unknown';
}

function choose(
  reader: ImageIndexReader,
  candidates: readonly Descriptor[],
  all: readonly Descriptor[],
  choice: Choice,
): Descriptor {
  const wanted = choice.platform ?? defaultPlatform();
  const ofPlatform = candidatesForPlatform(candidates, wanted);
  const chosen = singleCandidate(ofPlatform, candidates, choice);
  if (chosen !== undefined) return chosen;
  const names = all.map(nameOf).join(', ');
  if (candidates.length === 0) {
    const what = choice.reference === undefined ? 'no image' : `no image ${choice.reference}`;
    throw new ClairError(
      'target-not-found',
      `${reader.name} holds ${what}${names === '' ? '' : `; it has ${names}`}`,
    );
  }
  if (ofPlatform.length > 1) throw ambiguousImageError(reader, ofPlatform, { wanted, names });
  const platforms = candidates
    .map((candidate) => platformText(candidate.platform) ?? candidate.digest)
    .join(', ');
  throw new ClairError(
    'target-not-found',
    `${reader.name} has no image for ${wanted}; choose one with --platform: ${platforms}`,
  );
}

/** Runtimes differ in which of several entries they take. */
function ambiguousImageError(
  { name }: ImageIndexReader,
  entries: readonly Descriptor[],
  { wanted, names }: { readonly wanted: string; readonly names: string },
): ClairError {
  const fitting = entries
    .map(({ digest, platform }) => `${digest} (${platformText(platform) ?? 'no platform'})`)
    .join(', ');
  return new ClairError(
    'target-not-found',
    `${name} holds several images; append one of their names: ${names}; for ${wanted} there are ${fitting}, and --platform all scans each`,
  );
}

/** The one that can be meant. A lone image is taken whatever its platform, unless another was asked for by name. */
function singleCandidate(
  ofPlatform: readonly Descriptor[],
  candidates: readonly Descriptor[],
  choice: Choice,
): Descriptor | undefined {
  const [one, ...others] = ofPlatform.length > 0 ? ofPlatform : distinct(candidates);
  if (one === undefined || others.length > 0) return undefined;
  return ofPlatform.length === 0 && isOtherPlatform(platformText(one.platform), choice.platform)
    ? undefined
    : one;
}

/** Those of a platform; those of one of its variants only where none is of the platform itself. */
function candidatesForPlatform(candidates: readonly Descriptor[], wanted: string): Descriptor[] {
  const normal = normalizePlatform(wanted);
  const exact = candidates.filter(
    ({ platform }) => normalizePlatform(platformText(platform) ?? '') === normal,
  );
  if (exact.length > 0) return distinct(exact);
  return distinct(candidates.filter(({ platform }) => fitsPlatform(platformText(platform), wanted)));
}

function nameOf({ digest, annotations }: Descriptor): string {
  return (
    annotations?.['org.opencontainers.image.ref.name'] ?? annotations?.['io.containerd.image.name'] ?? digest
  );
}
