import type { Kysely, Selectable } from 'kysely';
import { compareText } from '../../model/order.ts';
import type { KeyRange } from '../../plugin/version-scheme.ts';
import type { AffectedImage, AffectedPage, AffectedRequest, ImagePackage } from '../store.ts';
import { type AffectedPlace, comparePlaces, readCursor, writeCursor } from './affected-cursor.ts';
import { placeOf, type Target, targetsOf } from './affected-targets.ts';
import { packageColumns, toPackage } from './image-package.ts';
import { lookedUp, lookupColumns } from './lookup-by.ts';
import { readRepositories } from './repository-lists.ts';
import type { Tables } from './schema.ts';

/**
 * The images that records hit. The list is walked along the index of what is installed: by namespace and package, then by
 * version key, then by image. So a page is read off the index from where the last one ended, however long the list is.
 */
export async function affectedImages(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
  { limit, after, namespace }: AffectedRequest,
): Promise<AffectedPage> {
  const place = after === undefined ? undefined : readCursor(after);
  const all = await targetsOf(db, vulnerabilities);
  const targets = namespace === undefined ? all : all.filter((target) => target.namespace.name === namespace);
  const found: Found[] = [];
  for (const stretch of targets.flatMap((target) => stretchesOf(target, place))) {
    // One more than wanted tells whether there is another page.
    found.push(...(await walk(db, stretch, limit + 1 - found.length)));
    if (found.length > limit) break;
  }
  const shown = found.slice(0, limit);
  const images = await describe(db, shown);
  const last = shown.at(-1);
  if (found.length <= limit || last === undefined) return { images };
  return { images, next: writeCursor({ ...placeOf(last.stretch.target), ...last }) };
}

/** A part of the index to be walked: keys of one package, null for versions that have none, from behind a place if there is one. */
interface Stretch {
  readonly target: Target;
  readonly keys: KeyRange | null;
  readonly behind?: AffectedPlace | undefined;
}

/** What is left of a target behind a place. */
function stretchesOf(target: Target, place: AffectedPlace | undefined): Stretch[] {
  const order = place === undefined ? 1 : comparePlaces(placeOf(target), place);
  if (order < 0) return [];
  const behind = order === 0 ? place : undefined;
  const unkeyed: Stretch = { target, keys: null, behind };
  const key = behind?.key ?? null;
  if (key === null)
    return [...(target.hasUnkeyed ? [unkeyed] : []), ...target.ranges.map((keys) => ({ target, keys }))];
  return target.ranges
    .filter(({ hi }) => Buffer.compare(key, hi) < 0)
    .map((keys) => ({ target, keys, behind: Buffer.compare(key, keys.lo) < 0 ? undefined : behind }));
}

/** An image that has packages in a version that is hit. */
interface Found {
  readonly stretch: Stretch;
  readonly key: Uint8Array | null;
  readonly image: number;
  readonly identity: string;
  readonly packages: readonly ImagePackage[];
}

/** Nearly every place is one row: with so many more than places are wanted, they are had at once. */
const rowsToSpare = 8;

/** The first places of a stretch, at most so many. */
async function walk(db: Kysely<Tables>, stretch: Stretch, count: number): Promise<Found[]> {
  const found: Found[] = [];
  for (let rowsMax = count + rowsToSpare; ; ) {
    const last = found.at(-1);
    const rest =
      last === undefined ? stretch : { ...stretch, behind: { ...placeOf(stretch.target), ...last } };
    const rows = await installedRows(db, rest, rowsMax);
    const places = placesOf(rows, stretch);
    const isCut = rows.length === rowsMax;
    // There may be more of the last one: it is read again, together with what follows or alone.
    if (isCut) places.pop();
    if (isCut && places.length === 0) rowsMax *= 2;
    found.push(...places);
    if (!isCut || found.length >= count) return found.slice(0, count);
  }
}

const installedColumns = ['image_package.repositories', 'position', ...packageColumns] as const;

type InstalledRow = Pick<
  Selectable<Tables['image_package']>,
  'repositories' | 'position' | (typeof packageColumns)[number]
> & {
  readonly image: number;
  readonly identity: string;
  readonly lists: string | null;
};

/** Rows of a stretch in the order of the index, with what is to be told of their images. */
async function installedRows(
  db: Kysely<Tables>,
  { target, keys, behind }: Stretch,
  rowsMax: number,
): Promise<InstalledRow[]> {
  const { name, key: column } = lookupColumns[target.by];
  return await lookedUp(db, target.by)
    .innerJoin('image', 'image.id', 'image_package.image_id')
    .where('image_package.namespace_id', '=', target.namespaceId)
    .where(name, '=', target.package)
    .where((eb) => {
      if (keys === null)
        return eb.and([eb(column, 'is', null), eb('image_package.image_id', '>', behind?.image ?? 0)]);
      const isAhead =
        behind?.key == null
          ? eb(column, '>=', keys.lo)
          : eb(eb.refTuple(column, 'image_package.image_id'), '>', eb.tuple(behind.key, behind.image));
      return eb.and([isAhead, eb(column, '<', keys.hi)]);
    })
    .select(['image_package.image_id as image', 'image.identity', 'image.repositories as lists'])
    .select(installedColumns)
    .orderBy(column)
    .orderBy('image_package.image_id')
    .limit(rowsMax)
    .execute();
}

/** Rows that follow each other in the index, by version and image. */
function placesOf(rows: readonly InstalledRow[], stretch: Stretch): Found[] {
  const { namespace, by } = stretch.target;
  const groups = Map.groupBy(rows, (row) => {
    const key = by === 'source' ? row.source_key : row.key;
    return `${row.image} ${key === null ? '' : Buffer.from(key).toString('hex')}`;
  });
  return [...groups.values()].flatMap((group) => {
    const [first] = group.sort((a, b) => a.position - b.position);
    if (first === undefined) return [];
    const repositories = readRepositories(first.lists);
    return [
      {
        stretch,
        key: by === 'source' ? first.source_key : first.key,
        image: first.image,
        identity: first.identity,
        packages: group.map((row) => toPackage(row, { namespace, repositories })),
      },
    ];
  });
}

/** Adds to what was found what else is to be told of it. */
async function describe(db: Kysely<Tables>, found: readonly Found[]): Promise<AffectedImage[]> {
  if (found.length === 0) return [];
  const names = await namesOf(db, [...new Set(found.map(({ image }) => image))]);
  return found.map(({ stretch, key, image, identity, packages }) => ({
    image,
    identity,
    names: names.get(image) ?? [],
    packages,
    hits: stretch.target.hitsOf(key),
  }));
}

/** Names of ancestries and v1 layers that stand for images, sorted. */
export async function namesOf(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, string[]>> {
  const rows = await db
    .selectFrom('ancestry')
    .select(['image_id', 'name'])
    .where('image_id', 'in', images)
    .union(db.selectFrom('v1_layer').select(['image_id', 'name']).where('image_id', 'in', images))
    .execute();
  const byImage = Map.groupBy(
    rows.sort((a, b) => compareText(a.name, b.name)),
    ({ image_id: image }) => image,
  );
  return new Map([...byImage].map(([image, named]) => [image, named.map(({ name }) => name)]));
}
