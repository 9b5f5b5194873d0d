import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256Of } from '../../src/kit/sha256.ts';

/** Media types of the OCI image specification. */
export const imageMediaTypes = {
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

/** A reference to a blob. OCI image-spec, descriptor.md. */
export interface OciDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A layer of an image. */
export interface WrittenLayer {
  readonly descriptor: OciDescriptor;
  /** Digest of the uncompressed archive. */
  readonly diffId: string;
}

/** A document that is attached to an image. */
export interface AttachedDocument {
  readonly mediaType: string;
  readonly content: Buffer;
}

/** Writes an OCI image layout. Equal content makes equal files. */
export class OciWriter {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
    writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  }

  addBlob(content: Uint8Array, mediaType: string): OciDescriptor {
    const hash = sha256Of(content);
    writeFileSync(join(this.#directory, 'blobs/sha256', hash), content);
    return { mediaType, digest: `sha256:${hash}`, size: content.length };
  }

  addJson(document: object, mediaType: string): OciDescriptor {
    return this.addBlob(Buffer.from(JSON.stringify(document)), mediaType);
  }

  addLayer(archive: Uint8Array): WrittenLayer {
    const compressed = gzipSync(archive, { level: 9 });
    return {
      descriptor: this.addBlob(compressed, imageMediaTypes.layer),
      diffId: `sha256:${sha256Of(archive)}`,
    };
  }

  /** Attaches a document to a manifest as a referrer. OCI image-spec, manifest.md, "subject". */
  attach(subject: OciDescriptor, { mediaType, content }: AttachedDocument): OciDescriptor {
    const { digest, size } = subject;
    const manifest = this.addJson(
      {
        schemaVersion: 2,
        mediaType: imageMediaTypes.manifest,
        artifactType: mediaType,
        config: { ...this.addBlob(Buffer.from('{}'), imageMediaTypes.empty), data: 'e30=' },
        layers: [this.addBlob(content, mediaType)],
        subject: { mediaType: subject.mediaType, digest, size },
      },
      imageMediaTypes.manifest,
    );
    return { ...manifest, artifactType: mediaType };
  }

  /** Makes these manifests the content of the layout. */
  writeIndex(manifests: readonly OciDescriptor[]): void {
    const index = { schemaVersion: 2, mediaType: imageMediaTypes.index, manifests };
    writeFileSync(join(this.#directory, 'index.json'), JSON.stringify(index));
  }
}
