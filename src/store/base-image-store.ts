import type { ImageSum, WeighedScope } from './finding-index-store.ts';
import type { ImageTag, KnownImage } from './known-image-store.ts';
import type { Lease } from './lock-store.ts';
import type { PageRequest } from './page.ts';

/** Numbers of the images that have all layers of an image, and more on top. Images that have lost all of their names do not count. */
export interface ImagesOnBase {
  /** All of them. */
  readonly images: number;
  /** Those that have no other known image in between. */
  readonly direct: number;
}

/** An image that is the base of others. */
export interface CountedBase extends ImagesOnBase {
  readonly image: KnownImage;
}

/** Which base images are listed. */
export interface BaseFilter {
  /** Only those that have lost a name to another image. */
  readonly isOutdated?: boolean | undefined;
}

/** Where a page of base images ends: the number of images on the last one, and its own number. */
export type BasePlace = readonly [images: number, number: number];

/** A page of base images, those with the most images first. `next` is absent on the last page. */
export interface BasePage {
  readonly bases: readonly CountedBase[];
  readonly next?: BasePlace;
}

/** Where a page of images on a base ends: the layers of the last one, as hexadecimal digits, and its number. */
export type OnBasePlace = readonly [layers: string, number: number];

/** A page of images on a base, in the order of their layers. `next` is absent on the last page. */
export interface OnBasePage {
  readonly images: readonly KnownImage[];
  readonly next?: OnBasePlace;
}

/** An image that has taken over a name of another one, on the same platform. */
export interface Replacement extends ImageTag {
  /** Number of the image that had the name. */
  readonly number: number;
  /** Number of the image that has it now. */
  readonly replacedBy: number;
  /** Since when, ISO 8601. */
  readonly since: string;
}

/** A base image that other images could leave for a newer one. */
export interface ReplacedBase {
  readonly image: Pick<KnownImage, 'number' | 'diffIds'>;
  readonly newer: Pick<KnownImage, 'diffIds'>;
}

/** The counted images that could leave a base, and their package sets. */
export interface MovableImages extends ImageSum {
  /** These images by package set. Only sets that an image has in layers of the base, and in none above. */
  readonly sets: ReadonlyMap<number, ImageSum>;
}

/** Which images are the base of which others: all layers of a base are the lowest ones of an image that has more. */
export interface BaseImageStore {
  /** Places new images by their layers, and counts again if anything has changed. The next call continues after an interruption. */
  update(terms: { readonly signal: AbortSignal; readonly lease?: Lease | undefined }): Promise<void>;
  /** Returns when images were last counted, ISO 8601. Undefined before the first time. */
  findCountedAt(): Promise<string | undefined>;
  /** Returns a page of the images that are a base of others. Its cost depends on its size; with a filter, on the number of base images. */
  pageBases(filter: BaseFilter, page: PageRequest<BasePlace>): Promise<BasePage>;
  /** Returns how many images are on each of these, by their numbers. Those that are not placed yet are absent. */
  countImagesOn(numbers: readonly number[]): Promise<ReadonlyMap<number, ImagesOnBase>>;
  /** Returns a page of the images on a base. */
  pageImagesOn(base: Pick<KnownImage, 'diffIds'>, page: PageRequest<OnBasePlace>): Promise<OnBasePage>;
  /** Returns which images have taken over names of these, by their numbers. */
  findReplacements(numbers: readonly number[]): Promise<readonly Replacement[]>;
  /**
   * Returns the counted images of a scope that could leave each of these bases, by its number. Each image counts for the nearest one whose
   * newer image it is not, and is not on. Its cost depends on the number of images on these bases.
   */
  findMovable(
    bases: readonly ReplacedBase[],
    scope: WeighedScope,
  ): Promise<ReadonlyMap<number, MovableImages>>;
  /** Returns the numbers of the package sets of an image, by the number of its index. */
  findSets(image: number): Promise<readonly number[]>;
  /** Returns how many images are on images from which each of these has taken over a name, without those on itself. */
  countImagesOnOlder(numbers: readonly number[]): Promise<ReadonlyMap<number, number>>;
}
