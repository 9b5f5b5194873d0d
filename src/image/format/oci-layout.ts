import { createHash } from 'node:crypto';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import type { Image } from '../image.ts';
import type { Medium } from '../medium/medium.ts';
import { assembleLayers, platformText } from './assemble.ts';
import {
  configDocument,
  type Descriptor,
  indexDocument,
  manifestDocument,
  parseDocument,
} from './documents.ts';

/** Which image of a layout is meant. */
export interface Choice {
  /** A tag, a full reference, or a manifest digest. */
  readonly reference?: string;
  /** `os/architecture[/variant]` */
  readonly platform?: string;
}

const indexTypes = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

/** Opens an OCI image layout, in a directory or an archive. OCI image-spec, "Image Layout". */
export function openOciLayout(
  medium: Medium,
  target: { reference: string; kind: 'oci-layout' | 'oci-archive' },
  choice: Choice,
): Image {
  const bytes = medium.document('index.json');
  if (bytes === undefined)
    throw new ClairError('target-corrupt', `${medium.name} has an oci-layout file but no index.json`);
  const { manifests } = parseDocument(bytes, `index.json in ${medium.name}`, indexDocument);
  const named = (manifests ?? []).filter((descriptor) => isNamed(descriptor, choice.reference));
  const candidates = named.flatMap((descriptor) => expand(medium, descriptor, limits.indexDepth));
  const chosen = choose(medium, candidates, manifests ?? [], choice);
  const manifest = parseDocument(
    blob(medium, chosen.digest),
    `manifest ${chosen.digest} in ${medium.name}`,
    manifestDocument,
  );
  const config = parseDocument(
    blob(medium, manifest.config.digest),
    `configuration ${manifest.config.digest} in ${medium.name}`,
    configDocument,
  );
  const files = manifest.layers.map(({ digest }) => ({ name: blobName(digest), digest }));
  return {
    target: {
      ...target,
      manifest: chosen.digest,
      platform: platformText(chosen.platform) ?? platformText(config),
    },
    layers: assembleLayers(medium, files, config),
  };
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

/** The image manifests an entry of an index leads to; attestations are no images. */
function expand(medium: Medium, descriptor: Descriptor, depth: number): Descriptor[] {
  if (descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') return [];
  if (!indexTypes.has(descriptor.mediaType ?? '')) return [descriptor];
  if (depth === 0)
    throw new ClairError('limit-exceeded', `${medium.name} nests indexes deeper than ${limits.indexDepth}`);
  const bytes = medium.document(blobName(descriptor.digest));
  // Layouts may leave out what nobody asked for.
  if (bytes === undefined) return [];
  const { manifests } = parseDocument(
    verified(bytes, descriptor.digest),
    `index ${descriptor.digest} in ${medium.name}`,
    indexDocument,
  );
  return (manifests ?? []).flatMap((child) => expand(medium, child, depth - 1));
}

function choose(
  medium: Medium,
  candidates: readonly Descriptor[],
  all: readonly Descriptor[],
  choice: Choice,
): Descriptor {
  const wanted = choice.platform ?? `linux/${goArchitecture(process.arch)}`;
  const ofPlatform = candidates.filter((candidate) => fitsPlatform(platformText(candidate.platform), wanted));
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
      `${medium.name} holds ${what}${names === '' ? '' : `; it has ${names}`}`,
    );
  }
  const platforms = candidates
    .map((candidate) => platformText(candidate.platform) ?? candidate.digest)
    .join(', ');
  throw new ClairError(
    'target-not-found',
    ofPlatform.length > 1
      ? `${medium.name} holds several images; append one of their names: ${names}`
      : `${medium.name} has no image for ${wanted}; choose one with --platform: ${platforms}`,
  );
}

/** A lone image is taken whatever its platform, unless another was asked for by name. */
function isRefused(candidate: Descriptor | undefined, choice: Choice): boolean {
  const platform = platformText(candidate?.platform);
  return choice.platform !== undefined && platform !== null && !fitsPlatform(platform, choice.platform);
}

function fitsPlatform(platform: string | null, wanted: string): boolean {
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

function blobName(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

function blob(medium: Medium, digest: Digest): Buffer {
  const bytes = medium.document(blobName(digest));
  if (bytes === undefined)
    throw new ClairError('target-corrupt', `${medium.name} has no blob ${digest}, which the image refers to`);
  return verified(bytes, digest);
}

function verified(bytes: Buffer, digest: Digest): Buffer {
  const actual = createHash(digestAlgorithm(digest)).update(bytes).digest('hex');
  if (actual === digestHex(digest)) return bytes;
  throw new ClairError(
    'target-corrupt',
    `the blob ${digest} has another digest: ${digestAlgorithm(digest)}:${actual}`,
  );
}
