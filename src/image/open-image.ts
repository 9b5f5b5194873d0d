import type { Stats } from 'node:fs';
import { ClairError } from '../core/errors.ts';
import type { Digest } from '../model/digest.ts';
import type { Target } from '../model/report.ts';
import { openArchive } from './container/archive-container.ts';
import { directoryContainer } from './container/directory-container.ts';
import type { ImageContainer } from './container/image-container.ts';
import { compressionAt, exactStatsOf, stampOf, statsOf } from './container/local-file.ts';
import { type AciFile, openAci, openIfAci } from './format/aci.ts';
import { refuseDisagreement } from './format/archive-agreement.ts';
import type { Choice, ListedManifest } from './format/choose-manifest.ts';
import { hasDockerManifest, openDockerArchive, openLegacyArchive } from './format/docker-archive.ts';
import { listOciManifests, openOciLayout } from './format/oci-layout.ts';
import { isOtherPlatform } from './format/platform.ts';
import type { Image } from './image.ts';
import type { ImageLayer } from './image-layer.ts';
import { suggestedTarget } from './mistyped-target.ts';

/** Options of `openImage`. */
export interface OpenOptions {
  /** `os/architecture[/variant]`, for images of several platforms. */
  readonly platform?: string;
  /** Whether to look for a bare reference in local daemons only, and in no registry. */
  readonly offline?: boolean;
  /** A manifest from `listImageManifests`. */
  readonly manifest?: Digest;
}

/** Prefixes of targets, and the kind of image that each requires. */
const kinds = {
  'docker-archive': 'docker-archive',
  oci: 'oci-layout',
  'oci-archive': 'oci-archive',
  'rootfs-tar': 'rootfs-tar',
  aci: 'aci',
  dir: 'rootfs-dir',
} as const satisfies Record<string, Target['kind']>;
type Prefix = keyof typeof kinds;
const prefixes = Object.keys(kinds) as Prefix[];

/** A parsed target: the required form, if it has a prefix, the path, and the image in it. */
interface ParsedTarget {
  readonly target: string;
  readonly prefix: Prefix | undefined;
  readonly path: string;
  readonly reference: string | undefined;
}

/**
 * Opens the image of a target: `docker-archive:F`, `oci:DIR[:REF]`, `oci-archive:F[:REF]`, `rootfs-tar:F`, `aci:F`, `dir:ROOTFS`,
 * `registry:REF`, `docker:REF`, `podman:REF`, `containerd:REF`, a path whose format is detected from its content, or a reference. Reads no layer. Throws
 * `target-…` errors that state what was found instead, and `registry-…` errors.
 */
export async function openImage(target: string, options: OpenOptions = {}): Promise<Image> {
  const image = await open(target, options);
  const { platform } = image.target;
  if (isOtherPlatform(platform, options.platform))
    throw new ClairError(
      'target-not-found',
      `${target} is an image for ${platform}, not for ${options.platform}`,
    );
  return image;
}

async function open(target: string, options: OpenOptions): Promise<Image> {
  refuseOtherForms(target);
  if (isReferenceTarget(target)) return await openReferenceLazily(target, options);
  const parsed = parseTarget(target);
  const stats = statsOf(parsed.path);
  if (stats === undefined) {
    if (parsed.prefix === undefined) return await openReferenceLazily(target, options);
    throw new ClairError('target-not-found', `there is no file or directory ${parsed.path}`);
  }
  const image = await (stats.isDirectory() ? openDirectory(parsed, options) : openFile(parsed, options));
  if (parsed.prefix !== undefined && kinds[parsed.prefix] !== image.target.kind) {
    throw new ClairError(
      'target-unsupported',
      `${parsed.path} has the format ${image.target.kind}, not ${parsed.prefix}; leave the prefix out`,
    );
  }
  return image;
}

/**
 * Returns the manifests of all images of a target, from the index of a registry, an OCI layout or an OCI archive. Returns undefined if the
 * target has a single image without an index. Throws as `openImage` does.
 */
export async function listImageManifests(
  target: string,
  options: Pick<OpenOptions, 'offline'> = {},
): Promise<readonly ListedManifest[] | undefined> {
  refuseOtherForms(target);
  const parsed = parseTarget(target);
  const stats = statsOf(parsed.path);
  if (isReferenceTarget(target) || (stats === undefined && parsed.prefix === undefined)) {
    const { listReferenceManifests } = await import('./open-reference.ts');
    return await listReferenceManifests(target, options);
  }
  const container = stats && (await openLayoutContainer(parsed, stats));
  return container && (await listOciManifests(container, choiceOf(parsed, {})));
}

/** Opens the container of an OCI layout. Returns undefined if the target has another form. */
async function openLayoutContainer(
  { path, prefix }: ParsedTarget,
  stats: Stats,
): Promise<ImageContainer | undefined> {
  if (prefix !== undefined && prefix !== 'oci' && prefix !== 'oci-archive') return undefined;
  const content = stats.isDirectory()
    ? { container: directoryContainer(path) }
    : await openArchive({ path, compression: compressionAt(path) });
  if (content === 'root-file-system') return undefined;
  const { container } = content;
  if (prefix !== 'oci-archive' && hasDockerManifest(container)) return undefined;
  return container.find('index.json') === undefined ? undefined : container;
}

/** Throws `target-not-found` for a URL or a target of another tool, and suggests the right form. The message omits passwords in the URL. */
function refuseOtherForms(target: string): void {
  const suggestion = suggestedTarget(target);
  if (suggestion === undefined || statsOf(target) !== undefined) return;
  const what = target.includes('://') ? 'a URL' : target;
  throw new ClairError(
    'target-not-found',
    `${what} is not the name of an image: did you mean ${suggestion}?`,
  );
}

/** Loads the code for daemons and registries only if the target is not a local file. */
async function openReferenceLazily(target: string, options: OpenOptions): Promise<Image> {
  const { openReference } = await import('./open-reference.ts');
  return await openReference(target, options);
}

function isReferenceTarget(target: string): boolean {
  return /^(?:registry|docker|podman|containerd):/.test(target);
}

function parseTarget(target: string): ParsedTarget {
  const prefix = prefixes.find((candidate) => target.startsWith(`${candidate}:`));
  const rest = prefix === undefined ? target : target.slice(prefix.length + 1);
  // Both a path and a reference may contain colons: the longest existing path wins.
  for (let end = rest.length; end > 0; end = rest.lastIndexOf(':', end - 1)) {
    const path = rest.slice(0, end);
    if (statsOf(path) !== undefined) {
      return { target, prefix, path, reference: rest.slice(end + 1) || undefined };
    }
  }
  return { target, prefix, path: rest, reference: undefined };
}

async function openDirectory(parsed: ParsedTarget, options: OpenOptions): Promise<Image> {
  const { path, prefix, target } = parsed;
  const container = directoryContainer(path);
  if (prefix !== 'dir' && container.find('oci-layout') !== undefined) {
    return openOciLayout(container, { reference: target, kind: 'oci-layout' }, choiceOf(parsed, options));
  }
  if (prefix !== undefined && prefix !== 'dir') {
    throw new ClairError(
      'target-unsupported',
      `the directory ${path} is not an OCI layout: it has no oci-layout file`,
    );
  }
  return {
    target: { reference: target, kind: 'rootfs-dir', manifest: null, platform: null },
    layers: [{ place: { kind: 'directory', path }, compression: 'none', sizeBytes: 0 }],
  };
}

async function openFile(parsed: ParsedTarget, options: OpenOptions): Promise<Image> {
  const { path, prefix } = parsed;
  if (prefix === 'rootfs-tar') return openRootFileSystem(parsed);
  if (prefix === 'aci') return await openAci(aciFile(parsed));
  const content = await openArchive({ path, compression: compressionAt(path) });
  const image =
    content === 'root-file-system' ? undefined : await openArchivedImage(content.container, parsed, options);
  return image ?? (await openUnlayeredArchive(parsed));
}

/** Opens the image of an archive. Returns undefined if the archive has no document of an image. */
async function openArchivedImage(
  container: ImageContainer,
  parsed: ParsedTarget,
  options: OpenOptions,
): Promise<Image | undefined> {
  const { target, reference, prefix } = parsed;
  const hasIndex = container.find('index.json') !== undefined;
  const hasManifest = hasDockerManifest(container);
  if (hasManifest && (prefix !== 'oci-archive' || !hasIndex)) {
    const image = openDockerArchive(container, target, reference);
    if (hasIndex) await refuseDisagreement(container, { reference, platform: image.target.platform });
    return image;
  }
  if (hasIndex || container.find('oci-layout') !== undefined) {
    refuseLegacyBeside(container);
    const place = { reference: target, kind: 'oci-archive' } as const;
    const image = await openOciLayout(container, place, choiceOf(parsed, options));
    if (hasManifest) await refuseDisagreement(container, { reference, platform: image.target.platform });
    return image;
  }
  if (container.find('repositories') !== undefined) return openLegacyArchive(container, target, reference);
  if (container.find('manifest.json') !== undefined) {
    throw new ClairError('target-not-found', `${container.name} has no image: its manifest.json is empty`);
  }
  return undefined;
}

/**
 * Throws `target-corrupt` for `index.json` beside `repositories` without `manifest.json`: Docker then reads `repositories` and ignores the
 * index.
 */
function refuseLegacyBeside(container: ImageContainer): void {
  if (container.find('manifest.json') !== undefined || container.find('repositories') === undefined) return;
  throw new ClairError(
    'target-corrupt',
    `${container.name} has index.json and repositories, but no manifest.json: runtimes differ in which of the two they read; save the image again`,
  );
}

function choiceOf({ reference }: ParsedTarget, { platform, manifest }: OpenOptions): Choice {
  return { ...(reference && { reference }), ...(platform && { platform }), ...(manifest && { manifest }) };
}

/** Opens an archive without layers: an ACI, or a root file system. */
async function openUnlayeredArchive(parsed: ParsedTarget): Promise<Image> {
  const image = (await openIfAci(aciFile(parsed))) ?? openRootFileSystem(parsed);
  return { ...image, layers: image.layers.map((layer) => ({ ...layer, isGuessed: true })) };
}

function aciFile({ path, target }: ParsedTarget): AciFile {
  return { reference: target, path, layer: wholeFile(path) };
}

/** Opens a root file system tar as an image of one layer, without digests. */
function openRootFileSystem({ target, path }: ParsedTarget): Image {
  return {
    target: { reference: target, kind: 'rootfs-tar', manifest: null, platform: null },
    layers: [wholeFile(path)],
  };
}

function wholeFile(path: string): ImageLayer {
  const stats = exactStatsOf(path);
  if (stats === undefined) throw new ClairError('target-not-found', `there is no file or directory ${path}`);
  const sizeBytes = Number(stats.size);
  if (sizeBytes === 0) throw new ClairError('target-corrupt', `${path} is empty`);
  return {
    place: { kind: 'file', path, offset: 0, size: sizeBytes, stamp: stampOf(path, stats) },
    compression: compressionAt(path),
    sizeBytes,
  };
}
