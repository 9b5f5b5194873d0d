import { type Kysely, sql } from 'kysely';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import type { Replacement } from '../../base-image-store.ts';
import type { Tables } from '../schema.ts';
import { isoTime } from '../times.ts';
import { isPathBelow } from './layer-paths.ts';

/** Returns which images have taken over names of some images. */
export async function findReplacements(
  db: Kysely<Tables>,
  numbers: readonly number[],
): Promise<Replacement[]> {
  if (numbers.length === 0) return [];
  const rows = await namesTakenOver(db)
    .select(['held.since', 'lost.repository', 'lost.tag'])
    .where('lost.known_image_id', 'in', padToPowerOfTwo(numbers))
    .orderBy('lost.repository')
    .orderBy('lost.tag')
    .orderBy('lost.known_image_id')
    .execute();
  return rows.map(({ number, replaced_by: replacedBy, repository, tag, since }) => ({
    number,
    replacedBy,
    repository,
    tag,
    since: isoTime(since),
  }));
}

/** Selects the numbers of each image that had a name, and of the one that has it now. */
export function namesTakenOver(db: Kysely<Tables>) {
  return db
    .selectFrom('image_name as lost')
    .innerJoin('image_name as held', (join) =>
      join
        .onRef('held.repository', '=', 'lost.repository')
        .onRef('held.tag', '=', 'lost.tag')
        .onRef('held.platform', '=', 'lost.platform'),
    )
    .select(['lost.known_image_id as number', 'held.known_image_id as replaced_by'])
    .distinct()
    .where('lost.until', 'is not', null)
    .where('held.until', 'is', null)
    .where('held.known_image_id', '<>', sql<number>`lost.known_image_id`);
}

interface OlderBase {
  readonly path: Uint8Array;
  readonly images: number;
}

/** Returns the numbers of images on images from which some images have taken over names. */
export async function countImagesOnOlder(
  db: Kysely<Tables>,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (numbers.length === 0) return new Map();
  const rows = await namesTakenOver(db)
    .innerJoin('placed_image as older', 'older.known_image_id', 'lost.known_image_id')
    .innerJoin('placed_image as newer', 'newer.known_image_id', 'held.known_image_id')
    .select(['older.path', 'older.images', 'newer.path as newer_path', 'newer.images as newer_images'])
    .select('newer.is_current')
    .where('held.known_image_id', 'in', padToPowerOfTwo(numbers))
    .where('older.images', '>', 0)
    .execute();
  const byNewer = Map.groupBy(rows, (row) => row.replaced_by);
  return new Map(
    numbers.map((number) => {
      const older = byNewer.get(number) ?? [];
      const [first] = older;
      const own = { path: first?.newer_path ?? new Uint8Array(), images: first?.newer_images ?? 0 };
      return [number, imagesOnOlder(older, { ...own, isCurrent: first?.is_current === 1 })];
    }),
  );
}

/** Adds up distinct images: those of a base on another one count once, and those on the newer image do not count. */
function imagesOnOlder(
  older: readonly OlderBase[],
  newer: OlderBase & { readonly isCurrent: boolean },
): number {
  const distinct = new Map(older.map((base) => [Buffer.from(base.path).toString('hex'), base]));
  const lowest = [...distinct.values()].filter(
    (base) => ![...distinct.values()].some(({ path }) => isPathBelow(path, base.path)),
  );
  const all = lowest.reduce((sum, { images }) => sum + images, 0);
  const isOnOlder = lowest.some(({ path }) => isPathBelow(path, newer.path));
  return isOnOlder ? all - newer.images - (newer.isCurrent ? 1 : 0) : all;
}
