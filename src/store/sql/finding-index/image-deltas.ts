import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** `1` adds images to what is counted, `-1` takes them out. */
export type Direction = 1 | -1;

/**
 * Adds images to the counters of their findings, vulnerabilities and packages, or takes them out. The sets of the images must be in
 * `counted_set`. Its cost depends on the packages of these images only.
 */
export async function countIn(
  db: Kysely<Tables>,
  images: readonly number[],
  direction: Direction,
): Promise<void> {
  // The summary of a vulnerability leaves out findings that no image has.
  if (direction === 1) await markEmptyFindings(db, images);
  await countFindings(db, images, direction);
  await countVulnerabilities(db, images, direction);
  await countNames(db, images, direction);
  if (direction === -1) await markEmptyFindings(db, images);
}

/** Selects each finding of each of these images once. */
function findingsOf(
  db: Kysely<Tables>,
  images: readonly number[],
): SelectQueryBuilder<Tables, 'counted_set' | 'set_finding', { image: number; finding: number }> {
  return db
    .selectFrom('counted_set')
    .innerJoin('set_finding', 'set_finding.set_id', 'counted_set.set_id')
    .select(['counted_set.image_id as image', 'set_finding.finding_id as finding'])
    .distinct()
    .where('counted_set.image_id', 'in', images);
}

async function markEmptyFindings(db: Kysely<Tables>, images: readonly number[]): Promise<void> {
  await db
    .updateTable('found_vulnerability')
    .set((eb) => ({ summary_due: eb('summary_due', '+', 1) }))
    .where('id', 'in', (eb) =>
      eb
        .selectFrom(findingsOf(db, images).as('held'))
        .innerJoin('finding', 'finding.id', 'held.finding')
        .select('finding.vulnerability_id')
        .where('finding.images', '<=', 0),
    )
    .execute();
}

async function countFindings(
  db: Kysely<Tables>,
  images: readonly number[],
  direction: Direction,
): Promise<void> {
  const delta = db
    .selectFrom(findingsOf(db, images).as('held'))
    .select('held.finding')
    .select((eb) => eb.fn.countAll<number>().as('images'))
    .groupBy('held.finding');
  await db
    .updateTable('finding')
    .from(delta.as('delta'))
    .set({ images: sql<number>`finding.images + ${sql.lit(direction)} * delta.images` })
    .whereRef('finding.id', '=', 'delta.finding')
    .execute();
}

async function countVulnerabilities(
  db: Kysely<Tables>,
  images: readonly number[],
  direction: Direction,
): Promise<void> {
  const held = db
    .selectFrom(findingsOf(db, images).as('held'))
    .innerJoin('finding', 'finding.id', 'held.finding')
    .select(['held.image', 'finding.vulnerability_id as vulnerability'])
    .distinct();
  const delta = db
    .selectFrom(held.as('held'))
    .select('held.vulnerability')
    .select((eb) => eb.fn.countAll<number>().as('images'))
    .groupBy('held.vulnerability');
  await db
    .updateTable('found_vulnerability')
    .from(delta.as('delta'))
    .set({ images: sql<number>`found_vulnerability.images + ${sql.lit(direction)} * delta.images` })
    .whereRef('found_vulnerability.id', '=', 'delta.vulnerability')
    .execute();
}

async function countNames(
  db: Kysely<Tables>,
  images: readonly number[],
  direction: Direction,
): Promise<void> {
  const held = db
    .selectFrom('counted_set')
    .innerJoin('set_package', 'set_package.set_id', 'counted_set.set_id')
    .innerJoin('package', 'package.id', 'set_package.package_id')
    .select(['counted_set.image_id', 'package.namespace_id', 'package.lookup_name'])
    .$narrowType<{ namespace_id: number; lookup_name: string }>()
    .distinct()
    .where('counted_set.image_id', 'in', images)
    .where('package.namespace_id', 'is not', null)
    .where('package.lookup_name', 'is not', null);
  const delta = db
    .selectFrom(held.as('held'))
    .select(['held.namespace_id', 'held.lookup_name'])
    .select(sql<number>`${sql.lit(direction)} * count(*)`.as('images'))
    // An engine would take the conflict clause for a join condition otherwise.
    .where(sql<boolean>`1 = 1`)
    .groupBy(['held.namespace_id', 'held.lookup_name']);
  await db
    .insertInto('installed_name')
    .columns(['namespace_id', 'name', 'images'])
    .expression(delta)
    .onConflict((conflict) =>
      conflict
        .columns(['namespace_id', 'name'])
        .doUpdateSet({ images: sql<number>`installed_name.images + excluded.images` }),
    )
    .execute();
}
