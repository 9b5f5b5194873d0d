import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../kit/collections.ts';
import { compareText } from '../../model/order.ts';
import type { EngineConnection } from './engine.ts';
import { dropIndexedSets } from './finding-index/due-rows.ts';
import type { PackageSet } from './image-parts.ts';
import { dropUnusedPackages, identifyPackages, upsertPackages } from './packages.ts';
import type { Tables } from './schema.ts';

/** Returns the numbers of sets by their identities. Adds missing sets with their packages. */
export async function upsertSets(
  connection: EngineConnection,
  db: Kysely<Tables>,
  sets: ReadonlyMap<string, PackageSet>,
): Promise<ReadonlyMap<string, number>> {
  const numbers = await findSetNumbers(db, [...sets.keys()]);
  const added: [PackageSet, number][] = [];
  // In sorted order: of two writers that add the same, neither waits for a row of the other.
  for (const identity of [...sets.keys()].sort(compareText)) {
    const set = sets.get(identity);
    if (set === undefined || numbers.has(identity)) continue;
    const number = await addSet(db, identity);
    if (number !== undefined) added.push([set, number]);
    numbers.set(identity, number ?? (await findSetNumber(db, identity)));
  }
  if (added.length > 0) await addPackages(connection, db, added);
  return numbers;
}

/** Number of identities or numbers per statement. */
const setsAtATime = 100;

/** Returns the numbers of those of these sets that exist, by their identities. */
export async function findSetNumbers(
  db: Kysely<Tables>,
  identities: readonly string[],
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const some of splitIntoChunks(identities, setsAtATime)) {
    const rows = await db
      .selectFrom('package_set')
      .select(['id', 'identity'])
      .where('identity', 'in', padToPowerOfTwo(some))
      .execute();
    for (const { id, identity } of rows) numbers.set(identity, id);
  }
  return numbers;
}

/** Returns the number of a new set; undefined if another process has just added it. */
async function addSet(db: Kysely<Tables>, identity: string): Promise<number | undefined> {
  const added = await db
    .insertInto('package_set')
    .values({ identity })
    .onConflict((conflict) => conflict.column('identity').doNothing())
    .returning('id')
    .executeTakeFirst();
  return added?.id;
}

async function findSetNumber(db: Kysely<Tables>, identity: string): Promise<number> {
  const number = (await findSetNumbers(db, [identity])).get(identity);
  if (number === undefined) throw new Error(`the package set ${identity} vanished`);
  return number;
}

async function addPackages(
  connection: EngineConnection,
  db: Kysely<Tables>,
  sets: readonly (readonly [PackageSet, number])[],
): Promise<void> {
  const identified = sets.map(([{ packages }, number]) => ({
    number,
    packages: identifyPackages(packages),
  }));
  const numbers = await upsertPackages(db, new Map(identified.flatMap(({ packages }) => packages)));
  const writer = connection.bulkWriter(db, 'set_package', ['set_id', 'position', 'package_id']);
  for (const { number, packages } of identified)
    for (const [position, [identity]] of packages.entries()) {
      const item = numbers.get(identity);
      if (item === undefined) throw new Error(`the package ${identity} vanished`);
      await writer.add([number, position, item]);
    }
  await writer.finish();
}

/** Deletes those of these sets that no image has any more, and the packages that no other set has. */
export async function dropUnusedSets(db: Kysely<Tables>, sets: readonly number[]): Promise<void> {
  for (const some of splitIntoChunks(sets, setsAtATime)) {
    const unused = await db
      .deleteFrom('package_set')
      .where('id', 'in', some)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb.selectFrom('image_set').select('part').whereRef('image_set.set_id', '=', 'package_set.id'),
          ),
        ),
      )
      .returning('id')
      .execute();
    if (unused.length === 0) continue;
    const ids = unused.map(({ id }) => id);
    await db.deleteFrom('set_count').where('set_id', 'in', ids).execute();
    await dropIndexedSets(db, ids);
    const deleted = await db
      .deleteFrom('set_package')
      .where('set_id', 'in', ids)
      .returning('package_id')
      .execute();
    await dropUnusedPackages(db, [...new Set(deleted.map(({ package_id: number }) => number))]);
  }
}
