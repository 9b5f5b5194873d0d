import { statSync } from 'node:fs';
import { compressionOf, magicBytes } from '../kit/decompress/compression.ts';
import { ClairError } from '../kit/errors.ts';
import { type AciFile, openAci, openIfAci } from './format/aci.ts';
import { fitsPlatform } from './format/choose-manifest.ts';
import { hasDockerManifest, openDockerArchive, openLegacyArchive } from './format/docker-archive.ts';
import { openOciLayout } from './format/oci-layout.ts';
import type { Image } from './image.ts';
import type { ImageLayer } from './image-layer.ts';
import { openArchive } from './medium/archive-medium.ts';
import { directoryMedium } from './medium/directory-medium.ts';
import { readAt, stampOf } from './medium/local-file.ts';
import type { Medium } from './medium/medium.ts';

/** How a target may be opened. */
export interface OpenOptions {
  /** `os/architecture[/variant]`, for images of several platforms. */
  readonly platform?: string;
  /** True asks no registry for what nobody says that it is there. */
  readonly offline?: boolean;
}

const prefixes = ['docker-archive', 'oci', 'oci-archive', 'rootfs-tar', 'aci', 'dir'] as const;
type Prefix = (typeof prefixes)[number];

/** What a target text says: the form it must have, if it says so, the path, and which image there. */
interface Place {
  readonly target: string;
  readonly prefix: Prefix | undefined;
  readonly path: string;
  readonly reference: string | undefined;
}

/**
 * Opens the image a target names: `docker-archive:F`, `oci:DIR[:REF]`, `oci-archive:F[:REF]`, `rootfs-tar:F`, `aci:F`,
 * `dir:ROOTFS`, `registry:REF`, `docker:REF`, `podman:REF`, a path that is recognised by its content, or a reference. No layer is read yet.
 * Throws `target-…` errors that say what was found instead, and of a registry `registry-…` errors.
 */
export async function openImage(target: string, options: OpenOptions = {}): Promise<Image> {
  const image = await open(target, options);
  const { platform } = image.target;
  if (options.platform !== undefined && platform !== null && !fitsPlatform(platform, options.platform))
    throw new ClairError(
      'target-not-found',
      `${target} is an image for ${platform}, and not for ${options.platform}`,
    );
  return image;
}

async function open(target: string, options: OpenOptions): Promise<Image> {
  if (/^(?:registry|docker|podman):/.test(target)) return await openElsewhere(target, options);
  const place = placeOf(target);
  const stats = statSync(place.path, { throwIfNoEntry: false });
  if (stats === undefined) {
    if (place.prefix === undefined) return await openElsewhere(target, options);
    throw new ClairError('target-not-found', `there is no file or directory ${place.path}`);
  }
  const image = await (stats.isDirectory() ? openDirectory(place, options) : openFile(place, options));
  if (place.prefix !== undefined && !fits(place.prefix, image.target.kind)) {
    throw new ClairError(
      'target-unsupported',
      `${place.path} is no ${place.prefix} but a ${image.target.kind}; leave the prefix out`,
    );
  }
  return image;
}

/** What speaks to daemons and registries is loaded only where a target is none of this machine's files. */
async function openElsewhere(target: string, options: OpenOptions): Promise<Image> {
  const { openReference } = await import('./open-reference.ts');
  return await openReference(target, options);
}

function placeOf(target: string): Place {
  const prefix = prefixes.find((candidate) => target.startsWith(`${candidate}:`));
  const rest = prefix === undefined ? target : target.slice(prefix.length + 1);
  // Both a path and a reference may hold colons: the longest path that exists is meant.
  for (let end = rest.length; end > 0; end = rest.lastIndexOf(':', end - 1)) {
    const path = rest.slice(0, end);
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
      return { target, prefix, path, reference: rest.slice(end + 1) || undefined };
    }
  }
  return { target, prefix, path: rest, reference: undefined };
}

async function openDirectory(place: Place, { platform }: OpenOptions): Promise<Image> {
  const { path, prefix, reference, target } = place;
  const medium = directoryMedium(path);
  if (prefix !== 'dir' && medium.find('oci-layout') !== undefined) {
    const choice = { ...(reference && { reference }), ...(platform && { platform }) };
    return openOciLayout(medium, { reference: target, kind: 'oci-layout' }, choice);
  }
  if (prefix !== undefined && prefix !== 'dir') {
    throw new ClairError(
      'target-unsupported',
      `the directory ${path} is no OCI layout: it has no oci-layout file`,
    );
  }
  return {
    target: { reference: target, kind: 'rootfs-dir', manifest: null, platform: null },
    layers: [{ place: { kind: 'directory', path }, compression: 'none', sizeBytes: 0 }],
  };
}

async function openFile(place: Place, options: OpenOptions): Promise<Image> {
  const { path, prefix } = place;
  if (prefix === 'rootfs-tar') return openRootFileSystem(place);
  if (prefix === 'aci') return await openAci(aciFile(place));
  const content = await openArchive({ path, compression: compressionOf(readAt(path, 0, magicBytes)) });
  const container =
    content === 'root-file-system' ? undefined : await openContainer(content.medium, place, options);
  return container ?? (await openBare(place));
}

/** The image an archive holds; undefined where it has none of the documents of one. */
async function openContainer(
  medium: Medium,
  place: Place,
  { platform }: OpenOptions,
): Promise<Image | undefined> {
  const { target, reference, prefix } = place;
  const hasLayout = medium.find('oci-layout') !== undefined || medium.find('index.json') !== undefined;
  if (prefix !== 'oci-archive' && hasDockerManifest(medium))
    return openDockerArchive(medium, target, reference);
  if (hasLayout) {
    const choice = { ...(reference && { reference }), ...(platform && { platform }) };
    return openOciLayout(medium, { reference: target, kind: 'oci-archive' }, choice);
  }
  if (medium.find('repositories') !== undefined) return openLegacyArchive(medium, target, reference);
  if (medium.find('manifest.json') !== undefined) {
    throw new ClairError('target-not-found', `${medium.name} holds no image: its manifest.json is empty`);
  }
  return undefined;
}

/** An archive that is not made of layers: an ACI, or a root file system as it is. */
async function openBare(place: Place): Promise<Image> {
  return (await openIfAci(aciFile(place))) ?? openRootFileSystem(place);
}

function aciFile({ path, target }: Place): AciFile {
  return { reference: target, path, layer: wholeFile(path) };
}

/** A root file system tar is an image of one layer, without digests of its own. */
function openRootFileSystem({ target, path }: Place): Image {
  return {
    target: { reference: target, kind: 'rootfs-tar', manifest: null, platform: null },
    layers: [wholeFile(path)],
  };
}

function wholeFile(path: string): ImageLayer {
  const stats = statSync(path, { bigint: true });
  const sizeBytes = Number(stats.size);
  if (sizeBytes === 0) throw new ClairError('target-corrupt', `${path} is empty`);
  return {
    place: { kind: 'file', path, offset: 0, size: sizeBytes, stamp: stampOf(path, stats) },
    compression: compressionOf(readAt(path, 0, magicBytes)),
    sizeBytes,
  };
}

function fits(prefix: Prefix, kind: Image['target']['kind']): boolean {
  return { oci: 'oci-layout', dir: 'rootfs-dir' }[prefix as string] === kind || prefix === kind;
}
