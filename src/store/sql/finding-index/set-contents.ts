import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type { Tables } from '../schema.ts';

/** Package sets per statement. */
const setsAtATime = 1024;

/** A finding of a package set, with the images that it was counted in. */
export interface FindingOfSet {
  readonly set: number;
  readonly finding: number;
  readonly vulnerability: number;
  readonly images: number;
}

/** A name of packages in a namespace. */
export interface PackageName {
  readonly namespace: number;
  readonly name: string;
}

/** Returns how many packages and findings sets have together. Sets without any are missing. */
export async function readSizes(
  db: Kysely<Tables>,
  sets: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const sizes = new Map<number, number>();
  for (const table of ['set_package', 'set_finding'] as const) {
    const rows = await readOfSets(sets, (some) =>
      db
        .selectFrom(table)
        .select(`${table}.set_id as set`)
        .select((eb) => eb.fn.countAll<number | string>().as('rows'))
        .where(`${table}.set_id`, 'in', some)
        .groupBy(`${table}.set_id`)
        .execute(),
    );
    for (const { set, rows: count } of rows) sizes.set(set, (sizes.get(set) ?? 0) + Number(count));
  }
  return sizes;
}

/** Returns the findings of sets. */
export async function readFindings(db: Kysely<Tables>, sets: readonly number[]): Promise<FindingOfSet[]> {
  return await readOfSets(sets, (some) =>
    db
      .selectFrom('set_finding')
      .innerJoin('finding', 'finding.id', 'set_finding.finding_id')
      .select(['set_finding.set_id as set', 'finding.id as finding', 'finding.images'])
      .select('finding.vulnerability_id as vulnerability')
      .where('set_finding.set_id', 'in', some)
      .execute(),
  );
}

/** Returns the names of each set. Equal names are one object. */
export async function readNames(
  db: Kysely<Tables>,
  sets: readonly number[],
): Promise<ReadonlyMap<number, readonly PackageName[]>> {
  const rows = await readOfSets(sets, (some) =>
    db
      .selectFrom('set_package')
      .innerJoin('package', 'package.id', 'set_package.package_id')
      .select(['set_package.set_id', 'package.namespace_id', 'package.lookup_name'])
      .where('set_package.set_id', 'in', some)
      .where('package.namespace_id', 'is not', null)
      .where('package.lookup_name', 'is not', null)
      .execute(),
  );
  const known = new Map<string, PackageName>();
  const bySet = new Map<number, PackageName[]>();
  for (const { set_id: set, namespace_id: namespace, lookup_name: name } of rows) {
    if (namespace === null || name === null) continue;
    const key = `${namespace} ${name}`;
    const one = known.get(key) ?? { namespace, name };
    known.set(key, one);
    const ofSet = bySet.get(set);
    if (ofSet === undefined) bySet.set(set, [one]);
    else ofSet.push(one);
  }
  return bySet;
}

async function readOfSets<T>(
  sets: readonly number[],
  read: (some: readonly number[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const rows: T[] = [];
  for (const some of splitIntoChunks(sets, setsAtATime))
    for (const row of await read(padToPowerOfTwo(some))) rows.push(row);
  return rows;
}
