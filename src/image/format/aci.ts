import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { collectPayload } from '../../kit/tar/collect-payload.ts';
import type { PayloadSink, TarEntry } from '../../kit/tar/walker.ts';
import { checkDocumentSize } from '../container/image-container.ts';
import { type ArchiveFile, walkArchive } from '../container/walk-archive.ts';
import type { Image } from '../image.ts';
import type { ImageLayer } from '../image-layer.ts';
import { parseDocument } from './documents.ts';

const manifestName = 'manifest';
/** The directory of the archive that is the root of the image. */
const aciRoot = 'rootfs';

/** App Container specification, "Image Manifest Schema": what is read of it. */
const aciManifest = z.object({
  acKind: z.literal('ImageManifest'),
  labels: z.nullish(z.array(z.object({ name: z.string(), value: z.string() }))),
});

/** An archive file that may be an App Container Image. */
export interface AciFile {
  /** As the user named it. */
  readonly reference: string;
  readonly path: string;
  /** The whole file as a layer. */
  readonly layer: ImageLayer;
}

/**
 * Opens an App Container Image: a tar archive, compressed or not, of a `manifest` and the files below `rootfs`. Throws
 * `target-corrupt` where the archive is none.
 */
export async function openAci(file: AciFile): Promise<Image> {
  const listing = new Listing(file.path);
  await walkArchive(archiveOf(file), listing.visit, () => listing.hasBoth);
  return imageOf(file, listing);
}

/** Opens an archive that may be an App Container Image; undefined where it has no manifest, or something else besides the two. */
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
    throw new ClairError('target-corrupt', `${path} is no ACI: it has no ${manifestName}`);
  const { labels } = parseDocument(manifest, `${manifestName} in ${path}`, aciManifest);
  if (!hasRoot) throw new ClairError('target-corrupt', `${path} is an ACI without a ${aciRoot}`);
  return {
    target: { reference, kind: 'aci', manifest: null, platform: platformOf(labels ?? []) },
    layers: [{ ...layer, root: aciRoot }],
  };
}

/** What an archive shows of an ACI. The manifest comes first or last, as the writer had it. */
class Listing {
  manifest: Buffer | undefined;
  hasRoot = false;
  /** An ACI has nothing but its manifest and its root. */
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

/** Architectures that ACI names otherwise than OCI. */
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
