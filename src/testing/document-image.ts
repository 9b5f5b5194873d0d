import { crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import { blobPath, type OciBlob, sha256 } from './image-builder.ts';
import type { TarEntryPlan } from './tar-writer.ts';

/** A layer as a manifest lists it. */
export interface ListedLayer {
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
}

/** An image whose documents a test writes itself. */
export interface DocumentPlan {
  readonly layers: readonly ListedLayer[];
  readonly diffIds: readonly string[];
  /** Returns the text of the configuration, given the default one. */
  readonly config?: (text: string) => string;
  /** Returns the text of the manifest, given the default one. */
  readonly manifest?: (text: string) => string;
}

/** The documents and layers of an image as blobs. */
export interface DocumentImage {
  readonly config: OciBlob;
  readonly manifest: OciBlob;
  readonly blobs: readonly OciBlob[];
  /** Its entry in an index, for `linux/amd64`. */
  readonly entry: Readonly<Record<string, unknown>>;
}

const same = (text: string): string => text;

/** Returns a blob of a text or of bytes. */
export function blobOf(content: string | Uint8Array): OciBlob {
  const bytes = Buffer.from(content);
  return { digest: sha256(bytes), bytes };
}

/** Makes the documents of an image. OCI image-spec, manifest.md and config.md. */
export function documentImage({
  layers,
  diffIds,
  config = same,
  manifest = same,
}: DocumentPlan): DocumentImage {
  const platform = { os: 'linux', architecture: 'amd64' };
  const rootfs = { type: 'layers', diff_ids: diffIds };
  const configBlob = blobOf(config(JSON.stringify({ ...platform, rootfs })));
  const layerBlobs = layers.map(({ bytes }) => blobOf(bytes));
  const manifestBlob = blobOf(
    manifest(
      JSON.stringify({
        schemaVersion: 2,
        config: {
          mediaType: 'application/vnd.oci.image.config.v1+json',
          digest: configBlob.digest,
          size: configBlob.bytes.length,
        },
        layers: layers.map(({ mediaType, bytes }) => ({
          mediaType,
          digest: sha256(bytes),
          size: bytes.length,
        })),
      }),
    ),
  );
  return {
    config: configBlob,
    manifest: manifestBlob,
    blobs: [configBlob, manifestBlob, ...layerBlobs],
    entry: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: manifestBlob.digest,
      size: manifestBlob.bytes.length,
      platform,
    },
  };
}

/** Returns the files of an OCI layout with this text as its index. */
export function layoutFiles(index: string, blobs: readonly OciBlob[]): TarEntryPlan[] {
  const distinct = new Map(blobs.map(({ digest, bytes }) => [digest, bytes]));
  return [
    { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { path: 'index.json', content: index },
    ...[...distinct].map(([digest, content]) => ({ path: blobPath(digest), content })),
  ];
}

/** Returns the files of an OCI layout of one image. */
export function layoutOf(image: DocumentImage): TarEntryPlan[] {
  return layoutFiles(JSON.stringify({ schemaVersion: 2, manifests: [image.entry] }), image.blobs);
}

/** Renames the first member of a tar archive; that member must have a short name. */
function renamedFirst(archive: Uint8Array, name: Uint8Array): Buffer {
  const made = Buffer.from(archive);
  made.fill(0, 0, 100).set(name, 0);
  made.fill(' ', 148, 156);
  const sum = made.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  made.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return made;
}

/** Returns bytes that are both the archive `outer` and a gzip stream of `inner`: the archive is in an extra field of the stream. */
export function tarAndGzip(outer: Uint8Array, inner: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255]);
  head.writeUInt16LE(outer.length - head.length, 10);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(inner), 0);
  tail.writeUInt32LE(inner.length, 4);
  return Buffer.concat([renamedFirst(outer, head), deflateRawSync(inner), tail]);
}

/** Returns bytes that are both the archive `outer` and a zstd stream of `inner`: the archive is in a skippable frame. */
export function tarAndZstd(outer: Uint8Array, inner: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50, 0);
  head.writeUInt32LE(outer.length - head.length, 4);
  return Buffer.concat([renamedFirst(outer, head), zstdCompressSync(inner)]);
}
