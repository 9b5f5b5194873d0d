import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type { Tables } from '../schema.ts';

/** Number of rows per statement. */
const atATime = 500;

/** Marks findings, and their vulnerabilities, so that their images are counted again. */
export async function markFindings(db: Kysely<Tables>, findings: readonly number[]): Promise<void> {
  for (const some of splitIntoChunks(sorted(findings), atATime)) {
    const numbers = padToPowerOfTwo(some);
    await db
      .updateTable('finding')
      .set((eb) => ({ due: eb('due', '+', 1) }))
      .where('id', 'in', numbers)
      .execute();
    await db
      .updateTable('found_vulnerability')
      .set((eb) => ({ due: eb('due', '+', 1), summary_due: eb('summary_due', '+', 1) }))
      .where('id', 'in', (eb) =>
        eb.selectFrom('finding').select('vulnerability_id').where('id', 'in', numbers),
      )
      .execute();
  }
}

/** Marks vulnerabilities whose findings have changed otherwise, so that their severity and fix are found again. */
export async function markSummaries(db: Kysely<Tables>, vulnerabilities: readonly number[]): Promise<void> {
  for (const some of splitIntoChunks(sorted(vulnerabilities), atATime))
    await db
      .updateTable('found_vulnerability')
      .set((eb) => ({ summary_due: eb('summary_due', '+', 1) }))
      .where('id', 'in', padToPowerOfTwo(some))
      .execute();
}

/** In sorted order, so that two writers of the same rows do not wait for each other. */
function sorted(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/**
 * Removes sets that are deleted from the index. What was counted of their findings and packages is marked first. Call it before the packages
 * of the sets are deleted.
 */
export async function dropIndexedSets(db: Kysely<Tables>, sets: readonly number[]): Promise<void> {
  const rows = await db
    .deleteFrom('set_finding')
    .where('set_id', 'in', sets)
    .returning('finding_id')
    .execute();
  await markFindings(
    db,
    rows.map(({ finding_id: number }) => number),
  );
  const { numDeletedRows: counted } = await db
    .deleteFrom('counted_set')
    .where('set_id', 'in', sets)
    .executeTakeFirstOrThrow();
  if (counted > 0n) await markNames(db, sets);
  await db.deleteFrom('recounted_set').where('set_id', 'in', sets).execute();
}

async function markNames(db: Kysely<Tables>, sets: readonly number[]): Promise<void> {
  await db
    .updateTable('installed_name')
    .set((eb) => ({ due: eb('due', '+', 1) }))
    .where((eb) =>
      eb(
        eb.refTuple('namespace_id', 'name'),
        'in',
        eb
          .selectFrom('set_package')
          .innerJoin('package', 'package.id', 'set_package.package_id')
          .select(['package.namespace_id', 'package.lookup_name'])
          .$narrowType<{ namespace_id: number; lookup_name: string }>()
          .where('set_package.set_id', 'in', sets)
          .$asTuple('namespace_id', 'lookup_name'),
      ),
    )
    .execute();
}
