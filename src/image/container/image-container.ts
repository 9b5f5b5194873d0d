import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Compression } from '../../kit/decompress/compression.ts';
import type { LayerPlace } from '../image-layer.ts';

/** A file of an image container, by what its bytes are and where they lie. */
export interface StoredFile {
  readonly place: LayerPlace;
  readonly compression: Compression;
  readonly sizeBytes: number;
}

/** What holds the documents of an image. */
export interface DocumentStore {
  /** For people: the path as the user gave it, or what else messages name it by. */
  readonly name: string;
  /** A small document, undefined when there is none. Throws `limit-exceeded` where it is too large to be one. */
  document(name: string): Buffer | undefined;
}

/** What holds the layers of an image. */
export interface BlobStore {
  /** For people, likewise. */
  readonly name: string;
  /** The file of a name, links inside the medium followed; undefined when there is none. */
  find(name: string): StoredFile | undefined;
}

/** What holds all files of an image: a directory or an archive, compressed or not. */
export interface ImageContainer extends DocumentStore, BlobStore {}

/** Refuses a document that is too large to be one. */
export function checkDocumentSize(name: string, sizeBytes: number): void {
  if (sizeBytes <= limits.manifestBytes) return;
  throw new ClairError(
    'limit-exceeded',
    `${name} has ${sizeBytes} bytes, too many for a manifest or configuration`,
  );
}
