import type { Insertable } from 'kysely';
import type { ImageSetTable, ImageTable } from './image-tables.ts';

/** An image as the rows of its tables. */
export interface ImageRows {
  readonly image: Insertable<ImageTable>;
  /** Its layers by their identities, the lowest first. */
  readonly layers: readonly string[];
  readonly parts: readonly PartInput[];
}

/** A part of an image. It names its set by the identity of the set. */
export interface PartInput extends Omit<ImageSetTable, 'image_id' | 'set_id'> {
  readonly set: string;
}

/** An image that was inserted. */
export interface InsertedImage {
  readonly id: number;
  /** Numbers of the parts that were inserted with it. The sets of its other parts did not exist. */
  readonly parts: ReadonlySet<number>;
}
