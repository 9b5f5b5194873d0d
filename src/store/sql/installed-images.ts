import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { KeyRange } from '../../plugin/version-scheme.ts';
import type { AffectedCursor } from '../affected-cursor.ts';
import type { AffectedTarget } from './affected-targets.ts';
import { lookupColumns, packagesMatchedBy } from './match-key.ts';
import type { Tables } from './schema.ts';

/** Version keys of one package (null for versions without a key), optionally after a cursor. */
export interface ScanRange {
  readonly target: AffectedTarget;
  readonly keys: KeyRange | null;
  readonly behind?: AffectedCursor | undefined;
}

/** A package of a part of an image. */
export interface InstalledRow {
  readonly image: number;
  readonly part: number;
  readonly position: number;
  readonly package: number;
}

/** An image that has packages in a version. */
export interface InstalledImage {
  readonly key: Uint8Array | null;
  readonly image: number;
  /** At least one. */
  readonly rows: readonly InstalledRow[];
}

/** Packages of images up to which versions are read together. A version with more of them is read alone, along the images. */
const rowsMax = 200;

/** Returns the first images of a range, at most `count`, by version key and image. */
export async function findInstalledImages(
  db: Kysely<Tables>,
  range: ScanRange,
  count: number,
): Promise<InstalledImage[]> {
  const found: InstalledImage[] = [];
  for (let start: ScanStart | undefined = startOf(range); start !== undefined && found.length < count; ) {
    const { images, next } = await readNext(db, range, { ...start, count: count - found.length });
    found.push(...images);
    start = next;
  }
  return found.slice(0, count);
}

/** Some images from the start of a range, in order, and where to read on; undefined at the end of the range. */
interface ReadImages {
  readonly images: readonly InstalledImage[];
  readonly next?: ScanStart;
}

/** Reads the first versions of a range completely. If the first one has too many images, reads at most `count` of them. */
async function readNext(
  db: Kysely<Tables>,
  range: ScanRange,
  { count, ...start }: ScanStart & Pick<ImageRange, 'count'>,
): Promise<ReadImages> {
  const rows = await versionRows(db, range, start)
    .limit(rowsMax + 1)
    .execute();
  const versions = groupByKey(rows);
  if (rows.length <= rowsMax) return { images: versions.flatMap(imagesOf) };
  const cut = versions.pop();
  if (cut === undefined) throw new Error('rows without a version');
  if (versions.length > 0) return { images: versions.flatMap(imagesOf), next: { key: cut.key, after: 0 } };
  // Packages of the version of the cursor may be gone.
  const after = areEqual(cut.key, start.key) ? start.after : 0;
  const images = await walkImages(db, { target: range.target, key: cut.key }, { after, count });
  return cut.key === null ? { images } : { images, next: { key: nextKey(cut.key), after: 0 } };
}

/** Where to read on: from a version key on, and of that version after an image. */
interface ScanStart {
  readonly key: Uint8Array | null;
  /** Number of an image; 0 for all. */
  readonly after: number;
}

function startOf({ keys, behind }: ScanRange): ScanStart {
  return { key: behind?.key ?? keys?.lo ?? null, after: behind?.image ?? 0 };
}

/** Returns the lowest key above a key. */
function nextKey(key: Uint8Array): Uint8Array {
  return Uint8Array.of(...key, 0);
}

interface VersionRow {
  readonly key: Uint8Array | null;
  readonly package: number;
  /** Null for a package that no image has. */
  readonly image: number | null;
  readonly part: number | null;
  readonly position: number | null;
}

/**
 * Selects the packages of images in the order of their versions. The first table is limited and ordered, and the others are outer joins, so
 * that engines read the rows in this order and stop at the limit of the query.
 */
export function versionRows(
  db: Kysely<Tables>,
  range: ScanRange,
  start: ScanStart,
): SelectQueryBuilder<Tables, never, VersionRow> {
  return db
    .selectFrom(
      versions(db, range, start.key)
        .limit(rowsMax + 1)
        .as('version'),
    )
    .leftJoin('set_package', 'set_package.package_id', 'version.id')
    .leftJoin('image_set', (join) =>
      join
        .onRef('image_set.set_id', '=', 'set_package.set_id')
        .on('image_set.image_id', '>', firstImage(start)),
    )
    .select(['version.key', 'version.id as package'])
    .select(['image_set.image_id as image', 'image_set.part', 'set_package.position'])
    .orderBy('version.key');
}

/** The number that those of the images of a version are above. */
function firstImage({ key, after }: ScanStart): RawBuilder<number> {
  if (key === null || after === 0) return sql`${after}`;
  // An expression that engines look up in an index.
  return sql`case when ${sql.ref('version.key')} = ${key} then ${after} else 0 end`;
}

/** Selects the packages of a range by key, from a key on. */
function versions(
  db: Kysely<Tables>,
  { target, keys }: ScanRange,
  from: Uint8Array | null,
): SelectQueryBuilder<Tables, 'package', { key: Uint8Array | null; id: number }> {
  const { name, key } = lookupColumns[target.by];
  return packagesMatchedBy(db, target.by)
    .where('package.namespace_id', '=', target.namespaceId)
    .where(name, '=', target.package)
    .where((eb) =>
      keys === null ? eb(key, 'is', null) : eb.and([eb(key, '>=', from ?? keys.lo), eb(key, '<', keys.hi)]),
    )
    .select([`${key} as key`, 'package.id'])
    .orderBy(key);
}

interface VersionRows {
  readonly key: Uint8Array | null;
  readonly rows: readonly InstalledRow[];
}

function groupByKey(rows: readonly VersionRow[]): VersionRows[] {
  const grouped: { key: Uint8Array | null; rows: InstalledRow[] }[] = [];
  for (const { key, image, part, position, package: item } of rows) {
    let last = grouped.at(-1);
    if (last === undefined || !areEqual(last.key, key)) {
      last = { key, rows: [] };
      grouped.push(last);
    }
    if (image !== null && part !== null && position !== null)
      last.rows.push({ image, part, position, package: item });
  }
  return grouped;
}

function areEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

/** Returns the images of a version by their numbers. */
function imagesOf({ key, rows }: VersionRows): InstalledImage[] {
  return [...Map.groupBy(rows, ({ image }) => image)]
    .sort(([a], [b]) => a - b)
    .map(([image, ofImage]) => ({ key, image, rows: ofImage }));
}

/** One version of a package; a null key stands for all versions without one. */
interface InstalledVersion {
  readonly target: AffectedTarget;
  readonly key: Uint8Array | null;
}

/** Images whose packages are read together at first, and the factor by which their number then grows. */
const imagesAtFirst = 1_000;
const growth = 16;

interface ImageRange {
  readonly after: number;
  readonly count: number;
}

/** Returns the first images of one version, at most `count`. Reads a range of images at a time, in which few or many may have it. */
async function walkImages(
  db: Kysely<Tables>,
  version: InstalledVersion,
  { after, count }: ImageRange,
): Promise<InstalledImage[]> {
  const found: InstalledImage[] = [];
  let last: number | undefined;
  for (let start = after, size = imagesAtFirst; ; size *= growth) {
    const end = start + size;
    const rows = await installedRows(db, version, { after: start, upTo: end }).execute();
    found.push(...imagesOf({ key: version.key, rows }));
    last ??= found.length < count ? await lastImage(db) : end;
    if (found.length >= count || end >= last) return found.slice(0, count);
    start = end;
  }
}

async function lastImage(db: Kysely<Tables>): Promise<number> {
  const { last } = await db
    .selectFrom('image')
    .select((eb) => eb.fn.coalesce(eb.fn.max('id'), eb.val(0)).as('last'))
    .executeTakeFirstOrThrow();
  return last;
}

/** Selects the packages of images that have a version, after one image and up to another. */
export function installedRows(
  db: Kysely<Tables>,
  { target, key }: InstalledVersion,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): SelectQueryBuilder<Tables, 'set_package' | 'image_set', InstalledRow> {
  const { name, key: column } = lookupColumns[target.by];
  return db
    .selectFrom('set_package')
    .innerJoin('image_set', 'image_set.set_id', 'set_package.set_id')
    .where('set_package.package_id', 'in', () =>
      packagesMatchedBy(db, target.by)
        .where('package.namespace_id', '=', target.namespaceId)
        .where(name, '=', target.package)
        .where(column, key === null ? 'is' : '=', key)
        .select('package.id'),
    )
    .where('image_set.image_id', '>', after)
    .where('image_set.image_id', '<=', upTo)
    .select(['image_set.image_id as image', 'image_set.part', 'set_package.position'])
    .select('set_package.package_id as package');
}
