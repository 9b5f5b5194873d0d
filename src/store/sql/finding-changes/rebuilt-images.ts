import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';

/** An image that has lost all names, and one that has one of these names now. */
export interface RebuiltImage {
  /** Numbers of the known images. */
  readonly earlier: number;
  readonly later: number;
  /** Identity of the later one. */
  readonly subject: string;
  /** Numbers of their newest indexes. */
  readonly earlierIndex: number;
  readonly laterIndex: number;
}

/** Returns what has replaced known images, by their numbers. Those whose names were deleted are missing. */
export async function findRebuilt(
  db: Kysely<Tables>,
  earlier: readonly number[],
): Promise<ReadonlyMap<number, RebuiltImage>> {
  if (earlier.length === 0) return new Map();
  const rows = await rebuiltImages(db).where('lost.known_image_id', 'in', earlier).execute();
  return new Map(rows.map((row) => [row.earlier, row]));
}

/** Returns what known images have replaced, by their numbers: for each the image that had one of its names directly before. */
export async function findReplaced(
  db: Kysely<Tables>,
  later: readonly number[],
): Promise<ReadonlyMap<number, RebuiltImage>> {
  if (later.length === 0) return new Map();
  const rows = await rebuiltImages(db)
    .where('held.known_image_id', 'in', later)
    // Two periods that begin in the same millisecond follow each other by one.
    .where((eb) => eb('lost.until', '>=', eb('held.since', '-', 1)))
    .execute();
  return new Map(rows.map((row) => [row.later, row]));
}

/** Selects the moves of names by which images have lost their last ones. */
function rebuiltImages(db: Kysely<Tables>) {
  return db
    .selectFrom('image_name as lost')
    .innerJoin('image_name as held', (join) =>
      join
        .onRef('held.repository', '=', 'lost.repository')
        .onRef('held.tag', '=', 'lost.tag')
        .onRef('held.platform', '=', 'lost.platform')
        .on('held.until', 'is', null),
    )
    .innerJoin('known_image as earlier', 'earlier.id', 'lost.known_image_id')
    .innerJoin('known_image as later', 'later.id', 'held.known_image_id')
    .select(['earlier.id as earlier', 'later.id as later', 'later.identity as subject'])
    .select(['earlier.image_id as earlierIndex', 'later.image_id as laterIndex'])
    .whereRef('lost.until', '>=', 'earlier.untagged_since')
    .whereRef('earlier.id', '!=', 'later.id')
    .orderBy('lost.repository')
    .orderBy('lost.tag')
    .orderBy('lost.until');
}

/** Returns how many findings both indexes have: the same vulnerability in a package of the same name, whatever its version is. */
export async function countKept(
  db: Kysely<Tables>,
  { earlierIndex, laterIndex }: RebuiltImage,
): Promise<number> {
  const [earlier, later] = [await findingsOf(db, earlierIndex), await findingsOf(db, laterIndex)];
  let kept = 0;
  for (const [key, count] of earlier.byName) kept += Math.min(count, later.byName.get(key) ?? 0);
  return kept + Math.min(earlier.repeated, later.repeated);
}

async function findingsOf(
  db: Kysely<Tables>,
  image: number,
): Promise<{ readonly byName: ReadonlyMap<string, number>; readonly repeated: number }> {
  const sets = db.selectFrom('image_set').select('set_id').where('image_id', '=', image);
  const rows = await db
    .selectFrom('set_finding')
    .innerJoin('finding', 'finding.id', 'set_finding.finding_id')
    .select(['finding.name', 'finding.package', 'finding.namespace'])
    .where('set_finding.set_id', 'in', sets)
    .execute();
  const byName = new Map<string, number>();
  for (const { name, package: item, namespace } of rows) {
    const key = `${name} ${namespace} ${item}`;
    byName.set(key, (byName.get(key) ?? 0) + 1);
  }
  const { counted } = await db
    .selectFrom('set_count')
    .select((eb) => eb.fn.sum<number | string | null>('findings').as('counted'))
    .where('set_id', 'in', sets)
    .executeTakeFirstOrThrow();
  // A package that a set has twice is stored once.
  return { byName, repeated: Math.max(0, Number(counted ?? 0) - rows.length) };
}
