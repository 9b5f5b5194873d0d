import { isDeepStrictEqual } from 'node:util';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Digest } from '../../model/digest.ts';
import { annotatedNames, withNamesOf } from '../../model/image-identity.ts';
import { type Descriptor, indexTypes, isNameOf, sociIndexType } from './documents.ts';
import {
  defaultPlatform,
  fitsPlatform,
  isOtherPlatform,
  normalizePlatform,
  platformText,
} from './platform.ts';

/** Criteria for choosing an image from an index. */
export interface Choice {
  /** A tag, a full reference, or a manifest digest. */
  readonly reference?: string;
  /** `os/architecture[/variant]` */
  readonly platform?: string;
  /** A manifest from `listManifests`. If set, the platform is ignored. */
  readonly manifest?: Digest;
}

/** Reads nested indexes, from a layout or a registry. */
export interface ImageIndexReader {
  /** Name in messages. */
  readonly name: string;
  /** Returns the entries of a nested index, or undefined if the index does not exist. */
  readIndex(descriptor: Descriptor): Promise<readonly Descriptor[] | undefined>;
}

/** Whether a descriptor is of an index of manifests, and not of a manifest. */
export function isIndex({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return indexTypes.has(mediaType ?? '');
}

/** Chooses the manifest of the wanted image from the entries of an index. Throws `target-not-found` if the choice is ambiguous. */
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

/** A manifest in an index, with the platform that the index states. */
export interface ListedManifest {
  readonly digest: Digest;
  readonly platform: string | null;
}

/** A manifest reachable from an index, with the names of the image on that path. */
export interface ListedImage extends ListedManifest {
  readonly names: readonly string[];
}

/** Returns all images reachable from the entries of an index, once for each path. */
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

/** Returns the distinct manifests of all images reachable from the entries of an index. Omits BuildKit attestations and SOCI indexes. */
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

/** Removes duplicate manifests. */
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

/** Returns the image manifests reachable from the entries of an index, without attestations and SOCI indexes. */
async function expandIndexes(
  reader: ImageIndexReader,
  entries: readonly Descriptor[],
  depth: number,
): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  for (const entry of entries) {
    // Runtimes choose by platform alone, so they may run an attestation that claims a real platform.
    if (isAttestation(entry) && hasUnknownPlatform(entry)) continue;
    if (!isIndex(entry)) found.push(entry);
    else if (depth === 0)
      throw new ClairError('limit-exceeded', `${reader.name} nests indexes deeper than ${limits.indexDepth}`);
    // Layouts may omit images that were not requested.
    else {
      const entries = await expandIndexes(reader, (await reader.readIndex(entry)) ?? [], depth - 1);
      found.push(...entries.map((inner) => withIndexPlatform(reader, withIndexNames(inner, entry), entry)));
    }
  }
  return found.filter((entry, i) => !isSociIndexOf(entry, found.slice(0, i)));
}

/**
 * Whether an entry is the SOCI index of an image before it. If both have the same platform, runtimes take the first of them. An entry before its
 * image, or with another platform, may be the one that they take, so it counts as an image.
 */
function isSociIndexOf(
  { artifactType, annotations, platform }: Descriptor,
  before: readonly Descriptor[],
): boolean {
  if (artifactType !== sociIndexType || platformText(platform) === null) return false;
  const image = annotations?.['com.amazon.soci.image-manifest-digest'];
  return before.some((one) => one.digest === image && isDeepStrictEqual(one.platform, platform));
}

/** Gives a manifest the platform of the index above it. Throws `target-corrupt` if the manifest states another one. */
function withIndexPlatform({ name }: ImageIndexReader, entry: Descriptor, index: Descriptor): Descriptor {
  const [own, above] = [platformText(entry.platform), platformText(index.platform)];
  if (above === null) return entry;
  if (own === null) return { ...entry, platform: index.platform };
  if (fitsPlatform(own, above) || fitsPlatform(above, own)) return entry;
  throw new ClairError(
    'target-corrupt',
    `${name} has an index for ${above} with an image for ${own}, ${entry.digest}: runtimes differ in which platform they use`,
  );
}

/** Gives a manifest the names of the index above it. */
function withIndexNames(entry: Descriptor, { annotations }: Descriptor): Descriptor {
  return annotatedNames(annotations).length === 0
    ? entry
    : { ...entry, annotations: withNamesOf(entry.annotations, annotations) };
}

/** Whether an entry is marked as an attestation about another entry. BuildKit, "Image Attestation Storage". */
export function isAttestation({ annotations }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
}

/** Whether an index states that an entry has no platform. */
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
      `${reader.name} has ${what}${names === '' ? '' : `; it has ${names}`}`,
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

/** Returns the error for several entries that fit, of which runtimes choose different ones. */
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
    `${name} has several images; append one of their names: ${names}; for ${wanted} there are ${fitting}, and --platform all scans each`,
  );
}

/** Returns the only image that fits. A single image is taken whatever its platform is, unless the user requested another one. */
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

/** Returns the entries of a platform, or of its variants if no entry has the platform itself. */
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
