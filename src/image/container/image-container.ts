import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Compression } from '../../kit/decompress/compression.ts';
import type { LayerPlace } from '../image-layer.ts';

/** A file of an image container: its location, its compression and its size. */
export interface StoredFile {
  readonly place: LayerPlace;
  readonly compression: Compression;
  readonly sizeBytes: number;
}

/** Access to the documents of an image. */
export interface DocumentStore {
  /** Name in messages: the path as the user gave it, or a description. */
  readonly name: string;
  /** Returns a small document, or undefined if it does not exist. Throws `limit-exceeded` if it is too large for a document. */
  document(name: string): Buffer | undefined;
}

/** Access to the layers of an image. */
export interface BlobStore {
  /** Name in messages, as in `DocumentStore`. */
  readonly name: string;
  /** Finds a file by its name and follows links inside the container. Returns undefined if it does not exist. */
  find(name: string): StoredFile | undefined;
}

/** All files of an image: a directory, or an archive, compressed or not. */
export interface ImageContainer extends DocumentStore, BlobStore {}

/** Throws `limit-exceeded` if a document has more than `limits.manifestBytes`. */
export function checkDocumentSize(name: string, sizeBytes: number): void {
  if (sizeBytes <= limits.manifestBytes) return;
  throw new ClairError(
    'limit-exceeded',
    `${name} has ${sizeBytes} bytes, too many for a manifest or configuration`,
  );
}
