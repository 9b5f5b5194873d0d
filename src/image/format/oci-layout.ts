import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import { annotatedNames, imageIdentity } from '../../model/image-identity.ts';
import type { Image } from '../image.ts';
import type { Medium } from '../medium/medium.ts';
import { assembleLayers, checkDiffIdCount } from './assemble.ts';
import {
  type Choice,
  chooseManifest,
  type ListedImage,
  type ListedManifest,
  listImages,
  listManifests,
  type Shelf,
} from './choose-manifest.ts';
import { createdOf } from './created.ts';
import {
  configDocument,
  type Descriptor,
  indexDocument,
  manifestDocument,
  parseDocument,
  verified,
} from './documents.ts';
import { layerEntries } from './layer-types.ts';
import { platformText } from './platform.ts';

/** Opens an OCI image layout, in a directory or an archive. OCI image-spec, "Image Layout". */
export async function openOciLayout(
  medium: Medium,
  target: { reference: string; kind: 'oci-layout' | 'oci-archive' },
  choice: Choice,
): Promise<Image> {
  const chosen = await chooseManifest(shelfOf(medium), entriesOf(medium), choice);
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
  const files = layerEntries(medium.name, manifest.layers).map(({ digest, mediaType }) => ({
    name: blobName(digest),
    digest,
    mediaType,
  }));
  checkDiffIdCount(medium.name, files.length, config);
  return {
    target: {
      ...target,
      manifest: chosen.digest,
      platform: platformText(chosen.platform) ?? platformText(config),
      ...imageIdentity({ names: annotatedNames(chosen.annotations), digest: chosen.digest }, limits),
      ...createdOf(config),
    },
    layers: assembleLayers(medium, files, config),
  };
}

/** The manifests of all images of a layout, or of those with a name. */
export async function listOciManifests(
  medium: Medium,
  choice: Pick<Choice, 'reference'>,
): Promise<readonly ListedManifest[]> {
  return await listManifests(shelfOf(medium), entriesOf(medium), choice);
}

/** The images that the index of a layout leads to, with their names. */
export async function listedInLayout(medium: Medium): Promise<readonly ListedImage[]> {
  return await listImages(shelfOf(medium), entriesOf(medium));
}

function shelfOf(medium: Medium): Shelf {
  return { name: medium.name, readIndex: (entry) => readIndex(medium, entry) };
}

function entriesOf(medium: Medium): readonly Descriptor[] {
  const bytes = medium.document('index.json');
  if (bytes === undefined)
    throw new ClairError('target-corrupt', `${medium.name} has an oci-layout file but no index.json`);
  return parseDocument(bytes, `index.json in ${medium.name}`, indexDocument).manifests ?? [];
}

async function readIndex(medium: Medium, { digest }: Descriptor): Promise<Descriptor[] | undefined> {
  const bytes = medium.document(blobName(digest));
  if (bytes === undefined) return undefined;
  const what = `index ${digest} in ${medium.name}`;
  return parseDocument(verified(bytes, digest), what, indexDocument).manifests ?? [];
}

/** Where a layout has a blob. */
export function blobName(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

function blob(medium: Medium, digest: Digest): Buffer {
  const bytes = medium.document(blobName(digest));
  if (bytes === undefined)
    throw new ClairError('target-corrupt', `${medium.name} has no blob ${digest}, which the image refers to`);
  return verified(bytes, digest);
}
