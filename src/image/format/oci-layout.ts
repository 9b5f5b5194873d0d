import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import { annotatedNames, imageIdentity } from '../../model/image-identity.ts';
import type { ImageContainer } from '../container/image-container.ts';
import type { Image } from '../image.ts';
import { assembleLayers, checkDiffIdCount } from './assemble-layers.ts';
import {
  type Choice,
  chooseManifest,
  type ImageIndexReader,
  type ListedImage,
  type ListedManifest,
  listImages,
  listManifests,
} from './choose-manifest.ts';
import {
  configDocument,
  createdOf,
  type Descriptor,
  indexDocument,
  labelsOf,
  manifestDocument,
  parseDocument,
  verifyDigest,
} from './documents.ts';
import { layerEntries } from './layer-types.ts';
import { platformText } from './platform.ts';

/** Opens an OCI image layout in a directory or an archive. OCI image-spec, "Image Layout". */
export async function openOciLayout(
  container: ImageContainer,
  target: { reference: string; kind: 'oci-layout' | 'oci-archive' },
  choice: Choice,
): Promise<Image> {
  const chosen = await chooseManifest(indexReaderOf(container), entriesOf(container), choice);
  const manifest = parseDocument(
    readBlob(container, chosen.digest),
    `manifest ${chosen.digest} in ${container.name}`,
    manifestDocument,
  );
  const config = parseDocument(
    readBlob(container, manifest.config.digest),
    `configuration ${manifest.config.digest} in ${container.name}`,
    configDocument,
  );
  const files = layerEntries(container.name, manifest.layers).map(({ digest, mediaType }) => ({
    name: layoutBlobPath(digest),
    digest,
    mediaType,
  }));
  checkDiffIdCount(container.name, files.length, config);
  return {
    target: {
      ...target,
      manifest: chosen.digest,
      platform: platformText(chosen.platform) ?? platformText(config),
      ...imageIdentity({ names: annotatedNames(chosen.annotations), digest: chosen.digest }, limits),
      ...createdOf(config),
    },
    layers: assembleLayers(container, files, config),
    ...labelsOf(config),
  };
}

/** Returns the manifests of all images of a layout, or of those with a name. */
export async function listOciManifests(
  container: ImageContainer,
  choice: Pick<Choice, 'reference'>,
): Promise<readonly ListedManifest[]> {
  return await listManifests(indexReaderOf(container), entriesOf(container), choice);
}

/** Returns the images in the index of a layout, with their names. */
export async function listOciImages(container: ImageContainer): Promise<readonly ListedImage[]> {
  return await listImages(indexReaderOf(container), entriesOf(container));
}

function indexReaderOf(container: ImageContainer): ImageIndexReader {
  return { name: container.name, readIndex: (entry) => readIndex(container, entry) };
}

function entriesOf(container: ImageContainer): readonly Descriptor[] {
  const bytes = container.document('index.json');
  if (bytes === undefined)
    throw new ClairError('target-corrupt', `${container.name} has an oci-layout file but no index.json`);
  return parseDocument(bytes, `index.json in ${container.name}`, indexDocument).manifests ?? [];
}

async function readIndex(
  container: ImageContainer,
  { digest }: Descriptor,
): Promise<Descriptor[] | undefined> {
  const bytes = container.document(layoutBlobPath(digest));
  if (bytes === undefined) return undefined;
  const what = `index ${digest} in ${container.name}`;
  return parseDocument(verifyDigest(bytes, digest), what, indexDocument).manifests ?? [];
}

/** Returns the path of a blob in a layout. */
export function layoutBlobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

function readBlob(container: ImageContainer, digest: Digest): Buffer {
  const bytes = container.document(layoutBlobPath(digest));
  if (bytes === undefined)
    throw new ClairError(
      'target-corrupt',
      `${container.name} has no blob ${digest}, which the image refers to`,
    );
  return verifyDigest(bytes, digest);
}
