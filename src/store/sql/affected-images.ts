import type { Kysely } from 'kysely';
import type { AffectedImage, AffectedPage, AffectedRequest, StoredHit } from '../store.ts';
import { type AffectedPlace, comparePlaces, readCursor, writeCursor } from './affected-cursor.ts';
import { imagesOf, packagesOf } from './affected-details.ts';
import { type InstalledRow, installedRows, type Stretch } from './affected-rows.ts';
import { placeOf, type Target, targetsOf } from './affected-targets.ts';
import { toPackage } from './image-package.ts';
import type { Tables } from './schema.ts';

/**
 * The images that records hit. The list is walked along the indexes of what is installed: by namespace and package, then by
 * version key, then by image. So a page is read off the indexes from where the last one ended, however long the list is.
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
  return { images, next: writeCursor(cursorOf(last)) };
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

/** A version of a package that is hit. */
interface HitVersion {
  readonly target: Target;
  readonly key: Uint8Array | null;
}

/** An image that has packages in such a version. */
interface Found {
  readonly version: HitVersion;
  readonly image: number;
  /** One for each package, at least one. */
  readonly rows: readonly InstalledRow[];
}

function cursorOf({ version: { target, key }, image }: Found): AffectedPlace {
  return { ...placeOf(target), key, image };
}

/** Nearly every place is one row: with so many more than places are wanted, they are had at once. */
const rowsToSpare = 8;

/** The first places of a stretch, at most so many. */
async function walk(db: Kysely<Tables>, stretch: Stretch, count: number): Promise<Found[]> {
  const found: Found[] = [];
  for (let rowsMax = count + rowsToSpare; ; ) {
    const last = found.at(-1);
    const rest = last === undefined ? stretch : { ...stretch, behind: cursorOf(last) };
    const rows = await installedRows(db, rest, rowsMax).execute();
    const places = placesOf(rows, stretch.target);
    const isCut = rows.length === rowsMax;
    // There may be more of the last one: it is read again, together with what follows or alone.
    if (isCut) places.pop();
    if (isCut && places.length === 0) rowsMax *= 2;
    found.push(...places);
    if (!isCut || found.length >= count) return found.slice(0, count);
  }
}

/** Rows that follow each other in the order of the list, by version and image. */
function placesOf(rows: readonly InstalledRow[], target: Target): Found[] {
  const found: (Found & { readonly rows: InstalledRow[] })[] = [];
  for (const row of rows) {
    const last = found.at(-1);
    const isSameVersion = last !== undefined && areEqual(last.version.key, row.key);
    const version = isSameVersion ? last.version : { target, key: row.key };
    if (isSameVersion && last.image === row.image) last.rows.push(row);
    else found.push({ version, image: row.image, rows: [row] });
  }
  for (const place of found) place.rows.sort((a, b) => a.position - b.position);
  return found;
}

function areEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

/** Tells what was found, but for images that are thrown away in this moment. */
async function describe(db: Kysely<Tables>, found: readonly Found[]): Promise<AffectedImage[]> {
  if (found.length === 0) return [];
  const images = await imagesOf(db, [...new Set(found.map(({ image }) => image))]);
  const packages = await packagesOf(db, [
    ...new Set(found.flatMap(({ rows }) => rows.map((row) => row.package))),
  ]);
  const hits = new Map<HitVersion, StoredHit[]>();
  return found.flatMap(({ version, image, rows }) => {
    const details = images.get(image);
    if (details === undefined) return [];
    const { identity, names, shared } = details;
    const { namespace } = version.target;
    const installed = rows.flatMap((row) => {
      const item = packages.get(row.package);
      return item === undefined ? [] : [toPackage(item, row, { ...shared, namespace })];
    });
    if (installed.length < rows.length) return [];
    const ofVersion = hits.get(version) ?? version.target.hitsOf(version.key);
    hits.set(version, ofVersion);
    return [{ image, identity, names, packages: installed, hits: ofVersion }];
  });
}
