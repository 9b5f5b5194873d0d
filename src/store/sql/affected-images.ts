import type { Kysely } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import { type AffectedCursor, comparePositions, readCursor, writeCursor } from '../affected-cursor.ts';
import type {
  AffectedImage,
  AffectedPage,
  AffectedRequest,
  AffectingHit,
  ImagePackage,
} from '../image-store.ts';
import { findImageDetails, findPackages, type ImageDetails } from './affected-details.ts';
import { type AffectedTarget, findTargets, positionOf } from './affected-targets.ts';
import { type PackageRow, packageFromRow } from './image-package.ts';
import {
  findInstalledImages,
  type InstalledImage,
  type InstalledRow,
  type ScanRange,
} from './installed-images.ts';
import type { Tables } from './schema.ts';

/**
 * Returns a page of the images that records hit. Reads along the indexes of installed packages: by namespace and package, then
 * by version key, then by image. So the cost of a page does not depend on the length of the list.
 */
export async function pageAffectedImages(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
  { limit, after, namespace, records = [] }: AffectedRequest,
): Promise<AffectedPage> {
  const cursor = after === undefined ? undefined : readCursor(after);
  const all = await findTargets(db, vulnerabilities, records);
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
interface FoundImage extends Pick<InstalledImage, 'image' | 'rows'> {
  readonly version: TargetVersion;
}

function cursorOf({ version: { target, key }, image }: FoundImage): AffectedCursor {
  return { ...positionOf(target), key, image };
}

/** Returns at most `count` entries from the start of a range. */
async function walk(db: Kysely<Tables>, range: ScanRange, count: number): Promise<FoundImage[]> {
  let version: TargetVersion | undefined;
  return (await findInstalledImages(db, range, count)).map(({ key, image, rows }) => {
    // Entries of one version share it, and with it their hits.
    if (version?.key !== key) version = { target: range.target, key };
    return { version, image, rows };
  });
}

/** Adds the details of images. Leaves out images that were deleted meanwhile, and indexes that a newer one has replaced. */
async function toAffectedImages(db: Kysely<Tables>, found: readonly FoundImage[]): Promise<AffectedImage[]> {
  if (found.length === 0) return [];
  const allRows = found.flatMap(({ rows }) => rows);
  const [images, packages] = await Promise.all([
    findImageDetails(db, allRows),
    findPackages(db, [...new Set(allRows.map((row) => row.package))]),
  ]);
  const hits = new Map<TargetVersion, AffectingHit[]>();
  return found.flatMap((place) => {
    const { version, image, rows } = place;
    const details = images.get(image);
    const installed = details && packagesOf(rows, details, { packages, namespace: version.target.namespace });
    if (details === undefined || details.isSuperseded || installed === undefined) return [];
    const { identity, names, known } = details;
    const ofVersion = hits.get(version) ?? version.target.hitsOf(version.key);
    hits.set(version, ofVersion);
    return [
      {
        image,
        identity,
        names,
        known,
        packages: installed,
        hits: ofVersion,
        position: writeCursor(cursorOf(place)),
      },
    ];
  });
}

interface PackageDetails {
  readonly packages: ReadonlyMap<number, PackageRow>;
  readonly namespace: Namespace;
}

/** Returns the packages of an image in its order; undefined if it was deleted meanwhile. */
function packagesOf(
  rows: readonly InstalledRow[],
  { parts, positionOf: imagePositionOf }: ImageDetails,
  { packages, namespace }: PackageDetails,
): ImagePackage[] | undefined {
  const installed: { readonly at: number; readonly item: ImagePackage }[] = [];
  for (const { part, position, package: number } of rows) {
    const [row, values] = [packages.get(number), parts.get(part)];
    if (row === undefined || values === undefined) return undefined;
    const item = packageFromRow(row, values, { position, namespace });
    installed.push({ at: imagePositionOf(part, position), item });
  }
  return installed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
