import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Digest, digestHex } from '../model/digest.ts';
import { type TarEntryPlan, tar } from './tar-writer.ts';

/** One instruction of an image's history; without `tar` it made no layer. */
export interface ImageStep {
  readonly tar?: Uint8Array;
  readonly createdBy?: string;
}

/** Description of an image to build. */
export interface ImagePlan {
  /** Bottom first. */
  readonly steps: readonly ImageStep[];
  /** Compression of the stored layers; default `none`. */
  readonly compression?: keyof typeof compressors;
  /** Any number of `name:tag`. */
  readonly tags?: readonly string[];
  /** Default `linux/amd64`. */
  readonly platform?: string;
  /** False omits the history from the configuration. */
  readonly history?: boolean;
}

/** Bytes with their digest. */
export interface OciBlob {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** A layer as stored. */
export interface BuiltLayer extends OciBlob {
  readonly diffId: Digest;
  readonly mediaType: string;
}

/** An image in memory with correct digests, to be written in one of the container formats. */
export interface BuiltImage {
  readonly tags: readonly string[];
  readonly platform: string;
  readonly layers: readonly BuiltLayer[];
  readonly config: OciBlob;
  /** The OCI manifest. */
  readonly manifest: OciBlob;
}

const mediaTypes = {
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  xz: 'application/vnd.oci.image.layer.v1.tar+xz',
  bzip2: 'application/vnd.oci.image.layer.v1.tar+bzip2',
} as const;

const compressors = {
  none: (bytes: Uint8Array) => bytes,
  gzip: (bytes: Uint8Array) => gzipSync(bytes),
  zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
  xz: (bytes: Uint8Array) => runTool('xz', ['-c'], bytes),
  bzip2: (bytes: Uint8Array) => runTool('bzip2', ['-c'], bytes),
} as const;

/** Runs a tool with standard input; returns its output. Throws if it fails. */
export function runTool(tool: string, args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Buffer {
  const { status, error, stdout, stderr } = spawnSync(tool, args, { input, maxBuffer: 1 << 30 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${tool} ended with ${status}: ${stderr.toString()}`);
  return stdout;
}

/** Returns why a test that needs a tool is skipped; false if the tool exists, or in CI, where it must exist. */
export function missingTool(tool: string): string | false {
  const isThere = spawnSync(tool, ['--version']).error === undefined;
  return isThere || process.env['CI'] !== undefined ? false : `${tool} is not installed`;
}

/** Builds an image: layers, configuration and manifest. OCI image-spec, config.md and manifest.md. */
export function buildImage(plan: ImagePlan): BuiltImage {
  const compression = plan.compression ?? 'none';
  const platform = plan.platform ?? 'linux/amd64';
  const layers = plan.steps.flatMap((step) =>
    step.tar === undefined ? [] : [layerOf(step.tar, compression)],
  );
  const config = jsonBlob({
    created: epoch,
    ...platformFields(platform),
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    ...(plan.history === false ? {} : { history: plan.steps.map(historyOf) }),
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: descriptor(config, mediaTypes.config),
    layers: layers.map((layer) => descriptor(layer, layer.mediaType)),
  });
  return { tags: plan.tags ?? [], platform, layers, config, manifest };
}

/**
 * Returns the files of a docker-archive as Docker before version 25 wrote them: a directory with `layer.tar` per layer,
 * `manifest.json` and `repositories`. The second occurrence of a layer is a symbolic link.
 */
export function dockerFiles(images: readonly BuiltImage[]): TarEntryPlan[] {
  const files = legacyFiles(images).filter((file) => file.path !== 'repositories');
  for (const { config } of images)
    files.push({ path: `${digestHex(config.digest)}.json`, content: config.bytes });
  const manifest = images.map((image) => ({
    Config: `${digestHex(image.config.digest)}.json`,
    RepoTags: image.tags.length === 0 ? null : image.tags,
    Layers: chainOf(image).map((id) => `${id}/layer.tar`),
  }));
  return [...files, { path: 'manifest.json', content: JSON.stringify(manifest) }, repositoriesFile(images)];
}

/** Returns the files of a docker-archive from before Docker 1.10: layer directories and `repositories` only. */
export function legacyFiles(images: readonly BuiltImage[]): TarEntryPlan[] {
  const files: TarEntryPlan[] = [];
  const digests = new Map<string, string>();
  for (const image of images) {
    const chain = chainOf(image);
    for (const [position, layer] of image.layers.entries()) {
      const id = chain[position] ?? '';
      if (digests.has(id)) continue;
      const duplicate = [...digests].find(([, digest]) => digest === layer.digest)?.[0];
      digests.set(id, layer.digest);
      files.push(...legacyLayer(id, chain[position - 1], layer, duplicate));
    }
  }
  return [...files, repositoriesFile(images)];
}

/** Options for the index of an OCI layout. */
export interface OciOptions {
  /** Lists the images in an index of their own, as a multi-platform image does, instead of in `index.json`. */
  readonly nested?: boolean;
}

/** Returns the files of an OCI image layout. OCI image-spec, image-layout.md. */
export function ociFiles(images: readonly BuiltImage[], options: OciOptions = {}): TarEntryPlan[] {
  const blobs = new Map<Digest, Uint8Array>();
  for (const image of images) {
    for (const blob of [...image.layers, image.config, image.manifest]) blobs.set(blob.digest, blob.bytes);
  }
  let manifests: object[] = images.flatMap(indexEntries);
  if (options.nested === true) {
    const nested = jsonBlob({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });
    blobs.set(nested.digest, nested.bytes);
    const tags = images[0]?.tags ?? [];
    manifests = annotated(descriptor(nested, mediaTypes.index), tags);
  }
  return [
    { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { path: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) },
    ...[...blobs].map(([digest, bytes]) => ({ path: blobPath(digest), content: bytes })),
  ];
}

/** Returns a docker-archive of the images. */
export function dockerArchive(...images: readonly BuiltImage[]): Uint8Array {
  return tar(dockerFiles(images));
}

/** Returns an OCI archive of the images. */
export function ociArchive(...images: readonly BuiltImage[]): Uint8Array {
  return tar(ociFiles(images));
}

/** Writes the files of a layout into a directory, which is created. Skips links. */
export async function writeFiles(directory: string, files: readonly TarEntryPlan[]): Promise<void> {
  for (const file of files) {
    if (file.content === undefined) continue;
    const path = join(directory, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content);
  }
}

/** Returns the digest of bytes. */
export function sha256(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Returns the path of a blob in an OCI layout. */
export function blobPath(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

const epoch = '1970-01-01T00:00:00Z';

function layerOf(content: Uint8Array, compression: keyof typeof compressors): BuiltLayer {
  const bytes = compressors[compression](content);
  return { digest: sha256(bytes), diffId: sha256(content), bytes, mediaType: mediaTypes[compression] };
}

function historyOf(step: ImageStep): object {
  return {
    created: epoch,
    ...(step.createdBy === undefined ? {} : { created_by: step.createdBy }),
    ...(step.tar === undefined ? { empty_layer: true } : {}),
  };
}

function platformFields(platform: string): object {
  const [os, architecture, variant] = platform.split('/');
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}

function jsonBlob(value: object): OciBlob {
  const text = JSON.stringify(value);
  return { digest: sha256(text), bytes: Buffer.from(text) };
}

function descriptor(blob: OciBlob, mediaType: string): object {
  return { mediaType, digest: blob.digest, size: blob.bytes.length };
}

function indexEntries(image: BuiltImage): object[] {
  const entry = {
    ...descriptor(image.manifest, mediaTypes.manifest),
    platform: platformFields(image.platform),
  };
  return annotated(entry, image.tags);
}

/** Returns one entry per tag, or a single one without an annotation. */
function annotated(entry: object, tags: readonly string[]): object[] {
  if (tags.length === 0) return [entry];
  return tags.map((tag) => ({ ...entry, annotations: { 'org.opencontainers.image.ref.name': tag } }));
}

/** Returns the legacy ids of the layers of an image, each derived from the one below and the layer. */
function chainOf(image: BuiltImage): string[] {
  let parent = '';
  return image.layers.map((layer) => {
    parent = digestHex(sha256(`${parent} ${layer.digest}`));
    return parent;
  });
}

function legacyLayer(
  id: string,
  parent: string | undefined,
  layer: BuiltLayer,
  duplicate: string | undefined,
): TarEntryPlan[] {
  const path = `${id}/layer.tar`;
  return [
    { path: `${id}/` },
    { path: `${id}/VERSION`, content: '1.0' },
    {
      path: `${id}/json`,
      content: JSON.stringify({ id, ...(parent === undefined ? {} : { parent }), os: 'linux' }),
    },
    duplicate === undefined ? { path, content: layer.bytes } : { path, target: `../${duplicate}/layer.tar` },
  ];
}

function repositoriesFile(images: readonly BuiltImage[]): TarEntryPlan {
  const repositories: Record<string, Record<string, string>> = {};
  for (const image of images) {
    const top = chainOf(image).at(-1) ?? '';
    for (const reference of image.tags) {
      const colon = reference.lastIndexOf(':');
      const name = reference.slice(0, colon);
      repositories[name] = { ...repositories[name], [reference.slice(colon + 1)]: top };
    }
  }
  return { path: 'repositories', content: JSON.stringify(repositories) };
}
