import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../../src/model/digest.ts';
import { blobPath, sha256 } from '../../../src/testing/image-builder.ts';
import { type Storage, writeLayer } from './layer-file.ts';

/** A media type without compression, since the layers differ in it. */
const layerType = 'application/vnd.docker.image.rootfs.diff.tar';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** The descriptor of a blob in a manifest. */
export interface Descriptor {
  readonly mediaType?: string;
  readonly digest: Digest;
  readonly size: number;
}

/** An OCI layout on disk that is written file by file. */
export class OciLayout {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
    writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  }

  /** Writes a layer of any size. */
  layer(storage: Storage, pieces: Iterable<Uint8Array>): Descriptor {
    const draft = join(this.directory, 'draft');
    const digest = writeLayer(draft, storage, pieces);
    const { size } = statSync(draft);
    renameSync(draft, join(this.directory, blobPath(digest)));
    return { digest, size };
  }

  /** Writes a document under its own digest, unless another is given. */
  document(content: object | string, digest?: Digest): Descriptor {
    const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
    const name = digest ?? sha256(bytes);
    writeFileSync(join(this.directory, blobPath(name)), bytes);
    return { digest: name, size: bytes.length };
  }

  /** Writes the index, which names one manifest or index. */
  index(descriptor: Descriptor, mediaType: string = manifestType): void {
    const content = { schemaVersion: 2, manifests: [{ ...descriptor, mediaType }] };
    writeFileSync(join(this.directory, 'index.json'), JSON.stringify(content));
  }

  /** Writes the manifest of these layers and its index. Returns the directory. */
  image(layers: readonly Descriptor[]): string {
    const config = this.document({ os: 'linux', architecture: 'amd64' });
    const typed = layers.map((layer) => ({ mediaType: layerType, ...layer }));
    this.index(this.document({ schemaVersion: 2, mediaType: manifestType, config, layers: typed }));
    return this.directory;
  }
}
