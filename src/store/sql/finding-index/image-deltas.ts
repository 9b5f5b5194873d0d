import { type Kysely, sql } from 'kysely';
import { compareText } from '../../../model/order.ts';
import { BulkWriter } from '../bulk-writer.ts';
import type { Tables } from '../schema.ts';
import { updateByNumber } from '../update-by-number.ts';
import { type FindingOfSet, readFindings, readNames, readSizes } from './set-contents.ts';

/** `1` adds images to what is counted, `-1` takes them out. */
export type Direction = 1 | -1;

/** The package sets of an image. */
type SetsOfImage = readonly number[];

/** Packages and findings of images that are counted together, and so are in memory at a time. An image with more is counted alone. */
const rowsAtATime = 200_000;

/**
 * Adds images to the counters of their findings, vulnerabilities and packages, or takes them out. The sets of the images must be in
 * `counted_set`. Each set is read once, however many of the images have it. What two sets of an image share is counted once.
 */
export async function countIn(
  db: Kysely<Tables>,
  images: readonly number[],
  direction: Direction,
  rowsMax: number = rowsAtATime,
): Promise<void> {
  for (const some of await groupBySize(db, await readSets(db, images), rowsMax)) {
    await countFindings(db, some, direction);
    await countNames(db, some, direction);
  }
}

async function readSets(db: Kysely<Tables>, images: readonly number[]): Promise<SetsOfImage[]> {
  const rows = await db
    .selectFrom('counted_set')
    .select(['image_id', 'set_id'])
    .where('image_id', 'in', images)
    .execute();
  return [...Map.groupBy(rows, ({ image_id: image }) => image).values()].map((ofImage) =>
    ofImage.map(({ set_id: set }) => set),
  );
}

/** Divides images so that the sets of a group have few rows. */
async function groupBySize(
  db: Kysely<Tables>,
  images: readonly SetsOfImage[],
  rowsMax: number,
): Promise<SetsOfImage[][]> {
  const sizes = await readSizes(db, distinctSets(images));
  const groups: SetsOfImage[][] = [];
  let rows = 0;
  for (const sets of images) {
    const ofImage = sets.reduce((sum, set) => sum + (sizes.get(set) ?? 0), 0);
    rows += ofImage;
    if (groups.length === 0 || rows > rowsMax) {
      groups.push([]);
      rows = ofImage;
    }
    groups.at(-1)?.push(sets);
  }
  return groups;
}

function distinctSets(images: readonly SetsOfImage[]): readonly number[] {
  return [...new Set(images.flat())];
}

/** Returns how many of these images have each value of their sets. */
function countImages<T>(
  images: readonly SetsOfImage[],
  valuesOf: (set: number) => readonly T[],
): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const sets of images)
    for (const value of new Set(sets.flatMap(valuesOf))) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

async function countFindings(
  db: Kysely<Tables>,
  images: readonly SetsOfImage[],
  direction: Direction,
): Promise<void> {
  const rows = await readFindings(db, distinctSets(images));
  if (rows.length === 0) return;
  const bySet = Map.groupBy(rows, ({ set }) => set);
  const findings = countImages(images, (set) => bySet.get(set)?.map(({ finding }) => finding) ?? []);
  const added = sql`images + given.column2`;
  await updateByNumber(
    db,
    { table: 'finding', key: 'id', set: { images: added } },
    Array.from(findings, ([finding, count]) => [finding, direction * count]),
  );
  const vulnerabilities = countImages(
    images,
    (set) => bySet.get(set)?.map(({ vulnerability }) => vulnerability) ?? [],
  );
  // The summary of a vulnerability leaves out findings that no image has: here those that had none, or have none now.
  const isEmpty = ({ finding, images: before }: FindingOfSet): boolean =>
    before - (direction === -1 ? (findings.get(finding) ?? 0) : 0) <= 0;
  const due = new Set(rows.filter(isEmpty).map(({ vulnerability }) => vulnerability));
  await updateByNumber(
    db,
    {
      table: 'found_vulnerability',
      key: 'id',
      set: { images: added, summary_due: sql`summary_due + given.column3` },
    },
    Array.from(vulnerabilities, ([number, count]) => [number, direction * count, due.has(number) ? 1 : 0]),
  );
}

async function countNames(
  db: Kysely<Tables>,
  images: readonly SetsOfImage[],
  direction: Direction,
): Promise<void> {
  const names = await readNames(db, distinctSets(images));
  const counts = countImages(images, (set) => names.get(set) ?? []);
  const writer = new BulkWriter(
    db,
    'installed_name',
    ['namespace_id', 'name', 'images'],
    'on conflict (namespace_id, name) do update set images = installed_name.images + excluded.images',
  );
  const sorted = [...counts].sort(([a], [b]) => a.namespace - b.namespace || compareText(a.name, b.name));
  for (const [{ namespace, name }, count] of sorted) await writer.add([namespace, name, direction * count]);
  await writer.finish();
}
