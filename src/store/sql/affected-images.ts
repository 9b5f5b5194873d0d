import type { Kysely, Selectable, SelectQueryBuilder } from 'kysely';
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

/** An image that has a package in a version that is hit. */
interface Found {
  readonly stretch: Stretch;
  readonly key: Uint8Array | null;
  readonly image: number;
  readonly identity: string;
  readonly repositories: string | null;
}

async function walk(db: Kysely<Tables>, stretch: Stretch, count: number): Promise<Found[]> {
  const { key: column } = lookupColumns[stretch.target.by];
  const places = rowsOf(db, stretch)
    .where((eb) => {
      const { keys, behind } = stretch;
      if (keys === null) return eb.and([eb(column, 'is', null), eb('image_id', '>', behind?.image ?? 0)]);
      const isAhead =
        behind?.key == null
          ? eb(column, '>=', keys.lo)
          : eb(eb.refTuple(column, 'image_id'), '>', eb.tuple(behind.key, behind.image));
      return eb.and([isAhead, eb(column, '<', keys.hi)]);
    })
    .select((eb) => [eb.ref(column).as('key'), 'image_id'])
    .distinct()
    .orderBy(column)
    .orderBy('image_id')
    .limit(count);
  const rows = await db
    .selectFrom(places.as('place'))
    .innerJoin('image', 'image.id', 'place.image_id')
    .select(['place.key', 'image.id as image', 'image.identity', 'image.repositories'])
    .orderBy('place.key')
    .orderBy('place.image_id')
    .execute();
  return rows.map((row) => ({ stretch, ...row }));
}

function rowsOf(
  db: Kysely<Tables>,
  { target }: Stretch,
): SelectQueryBuilder<Tables, 'image_package', object> {
  return lookedUp(db, target.by)
    .where('namespace_id', '=', target.namespaceId)
    .where(lookupColumns[target.by].name, '=', target.package);
}

/** Adds to what was found what is to be told of it. */
async function describe(db: Kysely<Tables>, found: readonly Found[]): Promise<AffectedImage[]> {
  if (found.length === 0) return [];
  const [names, packages] = await Promise.all([namesOf(db, found), packagesOf(db, found)]);
  return found.flatMap((place) => {
    const installed = packages.get(nameOf(place));
    // An image that was thrown away a moment ago has none of them any more.
    if (installed === undefined) return [];
    return [
      {
        image: place.image,
        identity: place.identity,
        names: names.get(place.image) ?? [],
        packages: installed,
        hits: place.stretch.target.hitsOf(place.key),
      },
    ];
  });
}

async function namesOf(db: Kysely<Tables>, found: readonly Found[]): Promise<Map<number, string[]>> {
  const images = [...new Set(found.map(({ image }) => image))];
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

/** The packages at each place. Places of one stretch follow each other in the index, so they are read from the first to the last. */
async function packagesOf(db: Kysely<Tables>, found: readonly Found[]): Promise<Map<string, ImagePackage[]>> {
  const listsOf = new Map(found.map(({ image, repositories }) => [image, readRepositories(repositories)]));
  const packages = new Map<string, ImagePackage[]>();
  for (const [stretch, places] of Map.groupBy(found, (place) => place.stretch)) {
    const { namespace, by } = stretch.target;
    for (const row of await rowsBetween(db, stretch, places)) {
      const key = by === 'source' ? row.source_key : row.key;
      const name = nameOf({ stretch, key, image: row.image_id });
      const repositories = listsOf.get(row.image_id) ?? [];
      const others = packages.get(name) ?? [];
      packages.set(name, [...others, toPackage(row, { namespace, repositories })]);
    }
  }
  return packages;
}

const installedColumns = ['image_id', 'repositories', ...packageColumns] as const;

async function rowsBetween(
  db: Kysely<Tables>,
  stretch: Stretch,
  places: readonly Found[],
): Promise<Pick<Selectable<Tables['image_package']>, (typeof installedColumns)[number]>[]> {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return [];
  const { key: column } = lookupColumns[stretch.target.by];
  return await rowsOf(db, stretch)
    .where((eb) => {
      if (first.key === null || last.key === null)
        return eb.and([eb(column, 'is', null), eb.between('image_id', first.image, last.image)]);
      const place = eb.refTuple(column, 'image_id');
      return eb.and([
        eb(place, '>=', eb.tuple(first.key, first.image)),
        eb(place, '<=', eb.tuple(last.key, last.image)),
      ]);
    })
    .select(installedColumns)
    .orderBy(column)
    .orderBy('image_id')
    .orderBy('position')
    .execute();
}

function nameOf({ stretch, key, image }: Pick<Found, 'stretch' | 'key' | 'image'>): string {
  const { namespace, package: name, by } = placeOf(stretch.target);
  return JSON.stringify([namespace, name, by, key && Buffer.from(key).toString('hex'), image]);
}
