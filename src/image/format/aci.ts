import { closeSync, openSync, statSync } from 'node:fs';
import * as z from 'zod/mini';
import { inflateFile } from '../../kit/decompress/inflate-file.ts';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { TarError } from '../../kit/tar/header.ts';
import { walkBySeeking } from '../../kit/tar/walk-by-seeking.ts';
import { type PayloadSink, type TarEntry, TarWalker } from '../../kit/tar/walker.ts';
import { wholePayload } from '../../kit/tar/whole-payload.ts';
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
 * Opens an App Container Image: a tar archive, compressed or not, of a `manifest` and the files below `rootfs`. Undefined where
 * it is another archive: it has no manifest, or something else was seen before both. One that `mustBe` an image and is none, or whose
 * manifest makes no sense, is `target-corrupt`.
 */
export async function openAci(file: AciFile, mustBe: boolean): Promise<Image | undefined> {
  const listing = await list(file, mustBe);
  const { manifest, hasRoot } = listing;
  if (!mustBe && (listing.hasOther || manifest === undefined)) return undefined;
  const { path, reference } = file;
  if (manifest === undefined)
    throw new ClairError('target-corrupt', `${path} is no ACI: it has no ${manifestName}`);
  const { labels } = parseDocument(manifest, `${manifestName} in ${path}`, aciManifest);
  if (!hasRoot) throw new ClairError('target-corrupt', `${path} is an ACI without a ${aciRoot}`);
  return {
    target: { reference, kind: 'aci', manifest: null, platform: platformOf(labels ?? []) },
    layers: [{ ...file.layer, root: aciRoot }],
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

  readonly visit = (entry: TarEntry): PayloadSink | undefined => {
    const { path, type } = entry;
    if (path === manifestName && type === 'file') return this.#keep(entry.size);
    if (path.startsWith(`${aciRoot}/`) || (path === aciRoot && type === 'directory')) this.hasRoot = true;
    else if (path !== '') this.hasOther = true;
    return undefined;
  };

  #keep(size: number): PayloadSink {
    if (size > limits.manifestBytes)
      throw new ClairError(
        'limit-exceeded',
        `${manifestName} in ${this.#path} has ${size} bytes, too many for a manifest`,
      );
    return wholePayload(size, (bytes) => {
      this.manifest = bytes;
    });
  }
}

/** Thrown to leave an archive that has shown what it is. */
class Enough extends Error {}

/** Walks the archive until it is clear what it is. */
async function list({ path, layer }: AciFile, mustBe: boolean): Promise<Listing> {
  const listing = new Listing(path);
  const walker = new TarWalker(listing.visit);
  const isEnough = (): boolean =>
    (listing.hasOther && !mustBe) || (listing.hasRoot && listing.manifest !== undefined);
  try {
    if (layer.compression === 'none') walkFile(path, walker, isEnough);
    else {
      await inflateFile(path, (bytes) => {
        walker.push(bytes);
        if (isEnough()) throw new Enough();
        return undefined;
      });
      walker.end();
    }
  } catch (error) {
    if (error instanceof TarError)
      throw new ClairError('target-corrupt', `${path} is not a readable tar archive: ${messageOf(error)}`, {
        cause: error,
      });
    if (!(error instanceof Enough)) throw error;
  }
  return listing;
}

function walkFile(path: string, walker: TarWalker, isEnough: () => boolean): void {
  const file = openSync(path, 'r');
  try {
    walkBySeeking({ file, offset: 0, size: statSync(path).size }, walker, isEnough);
  } finally {
    closeSync(file);
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
