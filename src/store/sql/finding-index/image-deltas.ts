import { type Kysely, sql } from 'kysely';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import { compareText } from '../../../model/order.ts';
import { BulkWriter } from '../bulk-writer.ts';
import type { Tables } from '../schema.ts';
import { updateByNumber } from '../update-by-number.ts';

/** `1` adds images to what is counted, `-1` takes them out. */
export type Direction = 1 | -1;

/** The package sets of an image. */
type SetsOfImage = readonly number[];

/** Packages of images that are counted together, and so are in memory at a time. An image with more is counted alone. */
const packagesAtATime = 200_000;

/**
 * Adds images to the counters of their findings, vulnerabilities and packages, or takes them out. The sets of the images must be in
 * `counted_set`. Each set is read once, however many of the images have it. What two sets of an image share is counted once.
 */
export async function countIn(
  db: Kysely<Tables>,
  images: readonly number[],
  direction: Direction,
  packagesMax: number = packagesAtATime,
): Promise<void> {
  for (const some of await groupBySize(db, await readSets(db, images), packagesMax)) {
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

/** Divides images so that those of a group have few packages. */
async function groupBySize(
  db: Kysely<Tables>,
  images: readonly SetsOfImage[],
  packagesMax: number,
): Promise<SetsOfImage[][]> {
  const sizes = await readSizes(db, distinctSets(images));
  const groups: SetsOfImage[][] = [];
  let packages = 0;
  for (const sets of images) {
    const ofImage = sets.reduce((sum, set) => sum + (sizes.get(set) ?? 0), 0);
    packages += ofImage;
    if (groups.length === 0 || packages > packagesMax) {
      groups.push([]);
      packages = ofImage;
    }
    groups.at(-1)?.push(sets);
  }
  return groups;
}

function distinctSets(images: readonly SetsOfImage[]): readonly number[] {
  return padToPowerOfTwo([...new Set(images.flat())]);
}

async function readSizes(db: Kysely<Tables>, sets: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (sets.length === 0) return new Map();
  const rows = await db
    .selectFrom('set_package')
    .select('set_id')
    .select((eb) => eb.fn.countAll<number | string>().as('packages'))
    .where('set_id', 'in', sets)
    .groupBy('set_id')
    .execute();
  return new Map(rows.map(({ set_id: set, packages }) => [set, Number(packages)]));
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
  const isEmpty = ({ finding, images: before }: FindingRow): boolean =>
    before + (direction === -1 ? -(findings.get(finding) ?? 0) : 0) <= 0;
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

/** A finding of a set, with the images that it was counted in. */
interface FindingRow {
  readonly set: number;
  readonly finding: number;
  readonly vulnerability: number;
  readonly images: number;
}

async function readFindings(db: Kysely<Tables>, sets: readonly number[]): Promise<FindingRow[]> {
  if (sets.length === 0) return [];
  return await db
    .selectFrom('set_finding')
    .innerJoin('finding', 'finding.id', 'set_finding.finding_id')
    .select(['set_finding.set_id as set', 'finding.id as finding', 'finding.images'])
    .select('finding.vulnerability_id as vulnerability')
    .where('set_finding.set_id', 'in', sets)
    .execute();
}

/** A name of packages in a namespace. */
interface NameRow {
  readonly namespace: number;
  readonly name: string;
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

/** Returns the names of each set. Equal names are one object. */
async function readNames(
  db: Kysely<Tables>,
  sets: readonly number[],
): Promise<ReadonlyMap<number, readonly NameRow[]>> {
  if (sets.length === 0) return new Map();
  const rows = await db
    .selectFrom('set_package')
    .innerJoin('package', 'package.id', 'set_package.package_id')
    .select(['set_package.set_id', 'package.namespace_id', 'package.lookup_name'])
    .where('set_package.set_id', 'in', sets)
    .where('package.namespace_id', 'is not', null)
    .where('package.lookup_name', 'is not', null)
    .execute();
  const known = new Map<string, NameRow>();
  const bySet = new Map<number, NameRow[]>();
  for (const { set_id: set, namespace_id: namespace, lookup_name: name } of rows) {
    if (namespace === null || name === null) continue;
    const key = `${namespace} ${name}`;
    const row = known.get(key) ?? { namespace, name };
    known.set(key, row);
    const ofSet = bySet.get(set);
    if (ofSet === undefined) bySet.set(set, [row]);
    else ofSet.push(row);
  }
  return bySet;
}
