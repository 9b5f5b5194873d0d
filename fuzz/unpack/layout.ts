import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blobPath, sha256 } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import type { PlannedImage, PlannedLayer } from './grammar/image.ts';
import { endedArchive, storedArchive } from './grammar/storage.ts';

/** An image on disk: the layout for the runtimes, and the target for clair. */
export interface WrittenImage {
  readonly layout: string;
  readonly target: string;
}

interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

interface StoredLayer extends Blob {
  readonly diffId: string;
  readonly mediaType: string;
}

/** Writes an image as an OCI layout, and as a docker archive if clair reads it from one. */
export function writeImage(image: PlannedImage, directory: string): WrittenImage {
  const layers = image.layers.map(stored);
  const config = jsonBlob({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => descriptor(layer, layer.mediaType)),
  });
  const entry = {
    ...descriptor(manifest, 'application/vnd.oci.image.manifest.v1+json'),
    annotations: { 'org.opencontainers.image.ref.name': 't' },
  };
  const files = [
    { path: 'oci-layout', content: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { path: 'index.json', content: jsonBlob({ schemaVersion: 2, manifests: [entry] }).bytes },
    ...[...layers, config, manifest].map(({ digest, bytes }) => ({
      path: blobPath(digest as never),
      content: bytes,
    })),
  ];
  const layout = join(directory, 'layout');
  rmSync(directory, { recursive: true, force: true });
  for (const { path, content } of files) {
    mkdirSync(dirname(join(layout, path)), { recursive: true });
    writeFileSync(join(layout, path), content);
  }
  if (image.medium === 'layout') return { layout, target: `oci:${layout}` };
  const archive = join(directory, 'archive.tar');
  writeFileSync(archive, dockerArchive(layers, config));
  return { layout, target: `docker-archive:${archive}` };
}

function stored({ pieces, storage }: PlannedLayer): StoredLayer {
  const archive = endedArchive(
    pieces.map((piece) => piece.bytes),
    storage,
  );
  const bytes = storedArchive(archive, storage);
  const suffix = storage.stated === 'none' ? '' : `+${storage.stated}`;
  return {
    bytes,
    digest: sha256(bytes),
    // Bytes appended to an uncompressed archive are part of it.
    diffId: sha256(
      storage.diffId === 'wrong' ? 'another archive' : storage.compression === 'none' ? bytes : archive,
    ),
    mediaType: `application/vnd.oci.image.layer.v1.tar${suffix}`,
  };
}

function dockerArchive(layers: readonly StoredLayer[], config: Blob): Uint8Array {
  const manifest = [
    { Config: 'config.json', RepoTags: ['t:t'], Layers: layers.map((_, i) => `${i}/layer.tar`) },
  ];
  return tar([
    { path: 'manifest.json', content: JSON.stringify(manifest) },
    { path: 'config.json', content: config.bytes },
    ...layers.map(({ bytes }, i) => ({ path: `${i}/layer.tar`, content: bytes })),
  ]);
}

function jsonBlob(value: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, digest: sha256(bytes) };
}

function descriptor({ digest, bytes }: Blob, mediaType: string): object {
  return { mediaType, digest, size: bytes.length };
}
