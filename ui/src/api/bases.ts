/** @route GET /api/v1/bases */
export interface BaseList {
  /** Null before the first count. */
  readonly countedAt: string | null;
  readonly bases: readonly BaseImage[];
  readonly next?: string;
}

/** An image by its names and layers. */
export interface LayeredImage {
  readonly digest: string | null;
  readonly names: readonly string[];
  readonly reference: string;
  readonly platform: string | null;
  /** Number of its layers. */
  readonly layers: number;
}

/** An image that is the base of others. Numbers are null until they are counted. */
export interface BaseImage extends LayeredImage {
  readonly images: number | null;
  readonly direct: number | null;
  readonly onOlder: number | null;
  readonly replacedBy: readonly NewerBase[];
}

/** A newer image with a name that another one had. */
export interface NewerBase {
  readonly name: string;
  readonly since: string;
  readonly digest: string | null;
}

/** @route GET /api/v1/images/{digest}/bases */
export interface ImageBases extends LayeredImage {
  readonly countedAt: string | null;
  /** The one with the most layers first. */
  readonly bases: readonly BaseImage[];
  readonly images: readonly LayeredImage[];
  readonly next?: string;
}

/** @route GET /api/v1/rebuilds */
export interface RebuildList {
  readonly countedAt: string | null;
  readonly rebuilds: readonly Rebuild[];
  readonly next?: string;
}

/** An image whose base has a newer image of the same name. */
export interface Rebuild extends LayeredImage {
  readonly base: LayeredImage;
  readonly newer: NewerBase;
}
