import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { collectPayload, type PayloadSink, type TarEntry } from '../../kit/tar/walker.ts';
import { checkDocumentSize } from '../container/image-container.ts';
import { type ArchiveFile, walkArchive } from '../container/walk-archive.ts';
import type { Image } from '../image.ts';
import type { ImageLayer } from '../image-layer.ts';
import { parseDocument } from './documents.ts';

const manifestName = 'manifest';
/** Directory of the archive that is the root of the image. */
const aciRoot = 'rootfs';

/** Fields that are read of the App Container specification's "Image Manifest Schema". */
const aciManifest = z.object({
  acKind: z.literal('ImageManifest'),
  labels: z.nullish(z.array(z.object({ name: z.string(), value: z.string() }))),
});

/** An archive file that may be an App Container Image. */
export interface AciFile {
  /** The target as the user named it. */
  readonly reference: string;
  readonly path: string;
  /** The whole file as a layer. */
  readonly layer: ImageLayer;
}

/**
 * Opens an App Container Image: a tar archive, compressed or not, that consists of `manifest` and files below `rootfs`. Throws
 * `target-corrupt` if the archive has another structure.
 */
export async function openAci(file: AciFile): Promise<Image> {
  const listing = new Listing(file.path);
  await walkArchive(archiveOf(file), listing.visit, () => listing.hasBoth);
  return imageOf(file, listing);
}

/**
 * Opens an archive that may be an App Container Image. Returns undefined if the manifest is missing, or if the archive has other members.
 */
export async function openIfAci(file: AciFile): Promise<Image | undefined> {
  const listing = new Listing(file.path);
  await walkArchive(archiveOf(file), listing.visit, () => listing.hasBoth || listing.hasOther);
  return listing.hasOther || listing.manifest === undefined ? undefined : imageOf(file, listing);
}

function archiveOf({ path, layer }: AciFile): ArchiveFile {
  return { path, compression: layer.compression };
}

function imageOf({ path, reference, layer }: AciFile, { manifest, hasRoot }: Listing): Image {
  if (manifest === undefined)
    throw new ClairError('target-corrupt', `${path} is not an ACI: it has no ${manifestName}`);
  const { labels } = parseDocument(manifest, `${manifestName} in ${path}`, aciManifest);
  if (!hasRoot) throw new ClairError('target-corrupt', `${path} is an ACI without a ${aciRoot} directory`);
  return {
    target: { reference, kind: 'aci', manifest: null, platform: platformOf(labels ?? []) },
    layers: [{ ...layer, root: aciRoot }],
  };
}

/** The parts of an ACI found in an archive. The manifest may be the first or the last member. */
class Listing {
  manifest: Buffer | undefined;
  hasRoot = false;
  /** Whether there is a member besides the manifest and the root. No ACI has one. */
  hasOther = false;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  get hasBoth(): boolean {
    return this.hasRoot && this.manifest !== undefined;
  }

  readonly visit = (entry: TarEntry): PayloadSink | undefined => {
    const { path, type } = entry;
    if (path === manifestName && type === 'file') return this.#keep(entry.size);
    if (path.startsWith(`${aciRoot}/`) || (path === aciRoot && type === 'directory')) this.hasRoot = true;
    else if (path !== '') this.hasOther = true;
    return undefined;
  };

  #keep(size: number): PayloadSink {
    checkDocumentSize(`${manifestName} in ${this.#path}`, size);
    return collectPayload(size, (bytes) => {
      this.manifest = bytes;
    });
  }
}

/** Architectures with different names in ACI and OCI. */
const architectures: ReadonlyMap<string, string> = new Map([
  ['aarch64', 'arm64'],
  ['armv6l', 'arm/v6'],
  ['armv7l', 'arm/v7'],
  ['i386', '386'],
]);

function platformOf(labels: readonly { name: string; value: string }[]): string | null {
  const label = (wanted: string): string | undefined => labels.find(({ name }) => name === wanted)?.value;
  const [os, arch] = [label('os'), label('arch')];
  return os === undefined || arch === undefined ? null : `${os}/${architectures.get(arch) ?? arch}`;
}
