import type { Kysely } from 'kysely';
import type { AffectedImage, AffectedPage, AffectedRequest, StoredHit } from '../image-store.ts';
import { type AffectedCursor, comparePositions, readCursor, writeCursor } from './affected-cursor.ts';
import { findImageDetails, findPackages } from './affected-details.ts';
import { type AffectedTarget, findTargets, positionOf } from './affected-targets.ts';
import { packageFromRow } from './image-package.ts';
import { type InstalledRow, installedRows, type ScanRange } from './installed-rows.ts';
import type { Tables } from './schema.ts';

/**
 * Returns a page of the images that records hit. Reads along the indexes of installed packages: by namespace and package, then
 * by version key, then by image. So the cost of a page does not depend on the length of the list.
 */
export async function pageAffectedImages(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
  { limit, after, namespace }: AffectedRequest,
): Promise<AffectedPage> {
  const cursor = after === undefined ? undefined : readCursor(after);
  const all = await findTargets(db, vulnerabilities);
  const targets = namespace === undefined ? all : all.filter((target) => target.namespace.name === namespace);
  const found: FoundImage[] = [];
  for (const range of targets.flatMap((target) => scanRangesOf(target, cursor))) {
    // One more than requested shows whether there is another page.
    found.push(...(await walk(db, range, limit + 1 - found.length)));
    if (found.length > limit) break;
  }
  const shown = found.slice(0, limit);
  const images = await toAffectedImages(db, shown);
  const last = shown.at(-1);
  if (found.length <= limit || last === undefined) return { images };
  return { images, next: writeCursor(cursorOf(last)) };
}

/** Returns the ranges of a target after a cursor. */
function scanRangesOf(target: AffectedTarget, cursor: AffectedCursor | undefined): ScanRange[] {
  const order = cursor === undefined ? 1 : comparePositions(positionOf(target), cursor);
  if (order < 0) return [];
  const behind = order === 0 ? cursor : undefined;
  const unkeyed: ScanRange = { target, keys: null, behind };
  const key = behind?.key ?? null;
  if (key === null)
    return [...(target.hasUnkeyed ? [unkeyed] : []), ...target.ranges.map((keys) => ({ target, keys }))];
  return target.ranges
    .filter(({ hi }) => Buffer.compare(key, hi) < 0)
    .map((keys) => ({ target, keys, behind: Buffer.compare(key, keys.lo) < 0 ? undefined : behind }));
}

/** An affected version of a package. */
interface TargetVersion {
  readonly target: AffectedTarget;
  readonly key: Uint8Array | null;
}

/** An image that has packages in such a version. */
interface FoundImage {
  readonly version: TargetVersion;
  readonly image: number;
  /** One row per package, at least one. */
  readonly rows: readonly InstalledRow[];
}

function cursorOf({ version: { target, key }, image }: FoundImage): AffectedCursor {
  return { ...positionOf(target), key, image };
}

/** Extra rows to read: nearly every entry is one row, so one query then yields all entries. */
const rowsToSpare = 8;

/** Returns at most `count` entries from the start of a range. */
async function walk(db: Kysely<Tables>, range: ScanRange, count: number): Promise<FoundImage[]> {
  const found: FoundImage[] = [];
  for (let rowsMax = count + rowsToSpare; ; ) {
    const last = found.at(-1);
    const rest = last === undefined ? range : { ...range, behind: cursorOf(last) };
    const rows = await installedRows(db, rest, rowsMax).execute();
    const images = groupRows(rows, range.target);
    const isCut = rows.length === rowsMax;
    // The last entry may be incomplete: it is read again, with the following rows or alone.
    if (isCut) images.pop();
    if (isCut && images.length === 0) rowsMax *= 2;
    found.push(...images);
    if (!isCut || found.length >= count) return found.slice(0, count);
  }
}

/** Groups consecutive rows of one version and image. */
function groupRows(rows: readonly InstalledRow[], target: AffectedTarget): FoundImage[] {
  const found: (FoundImage & { readonly rows: InstalledRow[] })[] = [];
  for (const row of rows) {
    const last = found.at(-1);
    const isSameVersion = last !== undefined && areEqual(last.version.key, row.key);
    const version = isSameVersion ? last.version : { target, key: row.key };
    if (isSameVersion && last.image === row.image) last.rows.push(row);
    else found.push({ version, image: row.image, rows: [row] });
  }
  for (const image of found) image.rows.sort((a, b) => a.position - b.position);
  return found;
}

function areEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

/** Adds the details of images. Leaves out images that were deleted meanwhile. */
async function toAffectedImages(db: Kysely<Tables>, found: readonly FoundImage[]): Promise<AffectedImage[]> {
  if (found.length === 0) return [];
  const images = await findImageDetails(db, [...new Set(found.map(({ image }) => image))]);
  const packages = await findPackages(db, [
    ...new Set(found.flatMap(({ rows }) => rows.map((row) => row.package))),
  ]);
  const hits = new Map<TargetVersion, StoredHit[]>();
  return found.flatMap(({ version, image, rows }) => {
    const details = images.get(image);
    if (details === undefined) return [];
    const { identity, names, shared } = details;
    const { namespace } = version.target;
    const installed = rows.flatMap((row) => {
      const item = packages.get(row.package);
      return item === undefined ? [] : [packageFromRow(item, row, { ...shared, namespace })];
    });
    if (installed.length < rows.length) return [];
    const ofVersion = hits.get(version) ?? version.target.hitsOf(version.key);
    hits.set(version, ofVersion);
    return [{ image, identity, names, packages: installed, hits: ofVersion }];
  });
}
