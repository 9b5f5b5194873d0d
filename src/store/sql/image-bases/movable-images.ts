import { type Kysely, sql } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type { Digest } from '../../../model/digest.ts';
import type { MovableImages, ReplacedBase } from '../../base-image-store.ts';
import type { ImageSum, WeighedScope } from '../../finding-index-store.ts';
import { indexesInScope, weightOfImage } from '../finding-index/conditions.ts';
import type { Tables } from '../schema.ts';
import { type PackageLayer, readPackageLayer, readSharedValues } from '../shared-values.ts';
import { endOfPath, isPathBelow, layerBytes, layerPathOf } from './layer-paths.ts';

/** Number of images per read. */
const imagesAtATime = 1000;

/** Returns the images that could leave each base: reads the images on all of them in the order of their layers. */
export async function findMovable(
  db: Kysely<Tables>,
  replaced: readonly ReplacedBase[],
  scope: WeighedScope,
): Promise<ReadonlyMap<number, MovableImages>> {
  const bases = replaced.map(({ image, newer }) => ({
    number: image.number,
    layers: image.diffIds,
    path: layerPathOf(image.diffIds),
    newer: hexOf(layerPathOf(newer.diffIds)),
  }));
  const byPath = new Map(bases.map((base) => [hexOf(base.path), base]));
  const movable = new Map(bases.map(({ number }) => [number, new CountedMovable()]));
  for (const path of lowestOf(bases.map((base) => base.path)))
    for await (const rows of imagesOn(db, path, scope)) {
      const parts = await partsOf(
        db,
        rows.map(({ image }) => image),
      );
      for (const row of rows) {
        const base = nearestBase(row.path, byPath);
        if (base !== undefined)
          movable.get(base.number)?.add(setsOfBase(row, parts.get(row.image) ?? [], base), row.weight);
      }
    }
  return movable;
}

/** A base image that images could leave. */
interface MoveBase {
  readonly number: number;
  readonly layers: readonly Digest[];
  /** Path of the newer image, in hexadecimal digits. */
  readonly newer: string;
}

function hexOf(path: Uint8Array): string {
  return Buffer.from(path).toString('hex');
}

/** Returns the paths that no other one is the beginning of, each once. */
function lowestOf(paths: readonly Uint8Array[]): Uint8Array[] {
  const lowest: Uint8Array[] = [];
  for (const path of paths.toSorted((a, b) => Buffer.compare(a, b))) {
    const last = lowest.at(-1);
    if (last === undefined || !(isPathBelow(last, path) || Buffer.compare(last, path) === 0))
      lowest.push(path);
  }
  return lowest;
}

/** Returns the nearest base whose newer image an image is not, and is not on. */
function nearestBase(path: Uint8Array, bases: ReadonlyMap<string, MoveBase>): MoveBase | undefined {
  const hex = hexOf(path);
  const layers = Math.ceil(path.length / layerBytes) - 1;
  for (let below = layers; below > 0; below--) {
    const base = bases.get(hex.slice(0, below * layerBytes * 2));
    if (base !== undefined && !hex.startsWith(base.newer)) return base;
  }
  return undefined;
}

/** Returns the package sets of an image whose parts are all in layers of its base. */
function setsOfBase(
  { layers }: Pick<OnBase, 'layers'>,
  parts: readonly ImagePart[],
  base: MoveBase,
): ReadonlySet<number> {
  const stored = readSharedValues({ repositories: null, package_layers: layers }).layers;
  const isOfBase = ({ layer }: ImagePart): boolean => isLayerOf(base, stored[layer ?? -1]);
  const above = new Set(parts.filter((part) => !isOfBase(part)).map(({ set }) => set));
  return new Set(parts.flatMap(({ set }) => (above.has(set) ? [] : [set])));
}

function isLayerOf({ layers }: MoveBase, stored: PackageLayer | undefined): boolean {
  const { layer, position } = readPackageLayer(stored);
  if (position !== undefined) return position < layers.length;
  return layer !== null && layers.includes(layer);
}

class CountedMovable implements MovableImages {
  images = 0;
  weight = 0;
  readonly sets = new Map<number, ImageSum>();

  /** Adds an image with some of its package sets. */
  add(sets: ReadonlySet<number>, ofImage: number): void {
    this.images++;
    this.weight += ofImage;
    for (const set of sets) {
      const { images, weight } = this.sets.get(set) ?? { images: 0, weight: 0 };
      this.sets.set(set, { images: images + 1, weight: weight + ofImage });
    }
  }
}

interface OnBase {
  readonly path: Uint8Array;
  readonly known: number;
  readonly image: number;
  readonly weight: number;
  /** The layers of its packages, see `SharedValues`. */
  readonly layers: string | null;
}

/** Reads the counted images of a scope on a base, in the order of their layers. */
async function* imagesOn(
  db: Kysely<Tables>,
  path: Uint8Array,
  { weights = [], ...scope }: WeighedScope,
): AsyncGenerator<readonly OnBase[]> {
  const end = endOfPath(path);
  let query = db
    .selectFrom('placed_image')
    .innerJoin('known_image', 'known_image.id', 'placed_image.known_image_id')
    .innerJoin('image', (join) =>
      join.onRef('image.id', '=', 'known_image.image_id').onRef('image.known_image', '=', 'known_image.id'),
    )
    .innerJoin('counted_image', 'counted_image.image_id', 'image.id')
    .select(['placed_image.path', 'placed_image.known_image_id as known', 'image.id as image'])
    .select('image.package_layers as layers')
    .select(weightOfImage(weights).as('weight'))
    .where('placed_image.path', '>', path)
    .where('placed_image.is_current', '=', 1)
    .orderBy('placed_image.path')
    .orderBy('placed_image.known_image_id')
    .limit(imagesAtATime);
  if (end !== undefined) query = query.where('placed_image.path', '<', end);
  if (scope.repository !== undefined || scope.label !== undefined)
    query = query.where('image.id', 'in', indexesInScope(db, scope));
  for (let after: OnBase | undefined; ; ) {
    const { path: lastPath, known } = after ?? {};
    const rows = await query
      .$if(after !== undefined, (page) =>
        page.where(sql<boolean>`(placed_image.path, placed_image.known_image_id) > (${lastPath}, ${known})`),
      )
      .execute();
    yield rows;
    after = rows.at(-1);
    if (rows.length < imagesAtATime) return;
  }
}

/** Number of images per query of their parts. */
const partsAtATime = 500;

/** The package set of a part of an image, and the index of its layer. */
interface ImagePart {
  readonly set: number;
  readonly layer: number | null;
}

async function partsOf(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, readonly ImagePart[]>> {
  const found = new Map<number, ImagePart[]>();
  for (const some of splitIntoChunks(images, partsAtATime)) {
    const rows = await db
      .selectFrom('image_set')
      .select(['image_id', 'set_id', 'layer'])
      .where('image_id', 'in', padToPowerOfTwo(some))
      .execute();
    for (const { image_id: image, set_id: set, layer } of rows) {
      const parts = found.get(image) ?? [];
      found.set(image, parts);
      parts.push({ set, layer });
    }
  }
  return found;
}

/** Returns the numbers of the package sets of an index. */
export async function findSets(db: Kysely<Tables>, image: number): Promise<number[]> {
  const parts = (await partsOf(db, [image])).get(image) ?? [];
  return [...new Set(parts.map(({ set }) => set))];
}
