import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import type { KeyRange } from '../../plugin/version-scheme.ts';
import type { AffectedCursor } from './affected-cursor.ts';
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

/** The packages of one version of the target. */
interface VersionPackages {
  readonly key: Uint8Array | null;
  readonly packages: readonly number[];
}

/** An image that has packages in a version. */
export interface InstalledImage {
  readonly key: Uint8Array | null;
  readonly image: number;
  /** At least one. */
  readonly rows: readonly InstalledRow[];
}

/**
 * Returns the first images of a range, at most `count`, by version key and image. Reads versions in the order of their keys. The images of
 * rare versions are read together. A version that many images have is read alone, in the order of the images.
 */
export async function findInstalledImages(
  db: Kysely<Tables>,
  range: ScanRange,
  count: number,
): Promise<InstalledImage[]> {
  const found: InstalledImage[] = [];
  let together = 1;
  for await (const versions of versionPages(db, range)) {
    for (let at = 0; at < versions.length && found.length < count; ) {
      const some = versions.slice(at, at + together);
      const after = imageBehind(some, range.behind);
      const rare = await findRare(db, some, after);
      if (rare === undefined && some.length > 1) {
        together = 1;
        continue;
      }
      found.push(...(rare ?? (await walkImages(db, some, { after, count: count - found.length }))));
      at += some.length;
      together = rare === undefined ? 1 : together * 2;
    }
    if (found.length >= count) break;
  }
  return found.slice(0, count);
}

/** Returns the image after which the first version is read. Only under the key of the cursor, earlier images were already returned. */
function imageBehind([first]: readonly VersionPackages[], behind: AffectedCursor | undefined): number {
  return first !== undefined && behind !== undefined && areEqual(first.key, behind.key) ? behind.image : 0;
}

function areEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

/** Number of packages per query of versions. */
const packagesAtFirst = 64;

/** Yields the versions of a range that images have, in the order of their keys. */
async function* versionPages(db: Kysely<Tables>, range: ScanRange): AsyncGenerator<VersionPackages[]> {
  let from = range.behind?.key ?? range.keys?.lo;
  for (let rowsMax = packagesAtFirst; ; ) {
    const rows = await versionRows(db, range, from).limit(rowsMax).execute();
    const versions = groupByKey(rows);
    const isCut = rows.length === rowsMax;
    // The last version may be incomplete: it is read again, with the following ones or alone.
    const last = isCut ? versions.pop() : undefined;
    if (versions.length > 0) yield versions;
    if (last === undefined) return;
    if (versions.length === 0) rowsMax *= 2;
    from = last.key ?? undefined;
  }
}

interface VersionRow {
  readonly key: Uint8Array | null;
  readonly id: number;
}

/** Selects the packages of a range by key, from a key on. */
export function versionRows(
  db: Kysely<Tables>,
  { target, keys }: ScanRange,
  from: Uint8Array | undefined,
): SelectQueryBuilder<Tables, 'package', VersionRow> {
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

function groupByKey(rows: readonly VersionRow[]): VersionPackages[] {
  const versions: { key: Uint8Array | null; packages: number[] }[] = [];
  for (const { key, id } of rows) {
    const last = versions.at(-1);
    if (last !== undefined && areEqual(last.key, key)) last.packages.push(id);
    else versions.push({ key, packages: [id] });
  }
  return versions;
}

/** Number of packages of images up to which versions are rare. */
const rareMax = 500;

/** Returns all images of versions; undefined if the versions are not rare. `after` must be 0 for several versions. */
async function findRare(
  db: Kysely<Tables>,
  versions: readonly VersionPackages[],
  after: number,
): Promise<InstalledImage[] | undefined> {
  const packages = versions.flatMap((version) => version.packages);
  const rows = await installedRows(db, packages, { after })
    .limit(rareMax + 1)
    .execute();
  return rows.length > rareMax ? undefined : toImages(versions, rows);
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
  versions: readonly VersionPackages[],
  { after, count }: ImageRange,
): Promise<InstalledImage[]> {
  const packages = versions.flatMap((version) => version.packages);
  const { last } = await db
    .selectFrom('image')
    .select((eb) => eb.fn.coalesce(eb.fn.max('id'), eb.val(0)).as('last'))
    .executeTakeFirstOrThrow();
  const found: InstalledImage[] = [];
  for (let start = after, size = imagesAtFirst; start < last && found.length < count; size *= growth) {
    const end = start + size;
    const rows = await installedRows(db, packages, { after: start, upTo: end }).execute();
    found.push(...toImages(versions, rows));
    start = end;
  }
  return found.slice(0, count);
}

/** Selects the packages of images, optionally only of images after one number and up to another. */
export function installedRows(
  db: Kysely<Tables>,
  packages: readonly number[],
  { after, upTo }: { readonly after: number; readonly upTo?: number },
): SelectQueryBuilder<Tables, 'set_package' | 'image_set', InstalledRow> {
  return db
    .selectFrom('set_package')
    .innerJoin('image_set', 'image_set.set_id', 'set_package.set_id')
    .where('set_package.package_id', 'in', padToPowerOfTwo(packages))
    .where('image_set.image_id', '>', after)
    .where(upTo === undefined ? sql<boolean>`true` : (eb) => eb('image_set.image_id', '<=', upTo))
    .select(['image_set.image_id as image', 'image_set.part', 'set_package.position'])
    .select('set_package.package_id as package');
}

/** Groups rows by version and image, in this order. */
function toImages(versions: readonly VersionPackages[], rows: readonly InstalledRow[]): InstalledImage[] {
  const byPackage = Map.groupBy(rows, (row) => row.package);
  return versions.flatMap(({ key, packages }) => {
    const ofVersion = packages.flatMap((item) => byPackage.get(item) ?? []);
    return [...Map.groupBy(ofVersion, ({ image }) => image)]
      .sort(([a], [b]) => a - b)
      .map(([image, ofImage]) => ({ key, image, rows: ofImage }));
  });
}
