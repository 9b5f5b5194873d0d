import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import { isDistributionType } from '../../../model/namespace.ts';
import type { ParentPackage } from '../../../model/package.ts';
import type { FoundPackage } from '../../finding-count-store.ts';
import type { Tables } from '../schema.ts';

/** Number of names or packages per query. */
const atATime = 500;

/** The parents of packages, by package set and purl. */
export type ParentsBySet = ReadonlyMap<number, ReadonlyMap<string, ParentPackage | null>>;

/**
 * Returns which of some packages are parts of another one in each of these sets. Null if a set has the package on its own as well, or in
 * several others. Packages of distributions have no parents.
 */
export async function findParents(
  db: Kysely<Tables>,
  packages: readonly FoundPackage[],
  sets: readonly number[],
): Promise<ParentsBySet> {
  const parents = new Map<number, Map<string, ParentPackage | null>>();
  const contained = new Map((await containedPackages(db, packages)).map((one) => [one.id, one]));
  for (const some of splitIntoChunks([...contained.keys()], atATime)) {
    const rows = await db
      .selectFrom('set_package')
      .select(['set_id as set', 'package_id as number'])
      .distinct()
      .where('package_id', 'in', padToPowerOfTwo(some))
      .where('set_id', 'in', padToPowerOfTwo(sets))
      .execute();
    for (const { set, number } of rows) {
      const found = contained.get(number);
      if (found === undefined) continue;
      const ofSet = parents.get(set) ?? new Map<string, ParentPackage | null>();
      parents.set(set, ofSet);
      const before = ofSet.get(found.purl);
      ofSet.set(found.purl, before === undefined || isSame(before, found.parent) ? found.parent : null);
    }
  }
  return parents;
}

function isSame(a: ParentPackage | null, b: ParentPackage | null): boolean {
  return a?.name === b?.name && a?.version === b?.version;
}

interface ContainedPackage {
  readonly id: number;
  readonly purl: string;
  readonly parent: ParentPackage | null;
}

/** Returns all forms of packages of which one has a parent. */
async function containedPackages(
  db: Kysely<Tables>,
  packages: readonly FoundPackage[],
): Promise<ContainedPackage[]> {
  const ofLanguages = packages.filter(({ type }) => !isDistributionType(type));
  const purls = new Set(ofLanguages.map(({ purl }) => purl));
  const forms: ContainedPackage[] = [];
  for (const [namespace, some] of Map.groupBy(ofLanguages, (one) => one.namespace)) {
    const names = [...new Set(some.map(({ lookupName }) => lookupName))];
    for (const chunk of splitIntoChunks(names, atATime)) forms.push(...(await formsOf(db, namespace, chunk)));
  }
  const withFindings = Map.groupBy(
    forms.filter(({ purl }) => purls.has(purl)),
    ({ purl }) => purl,
  );
  return [...withFindings.values()].filter((some) => some.some(({ parent }) => parent !== null)).flat();
}

async function formsOf(
  db: Kysely<Tables>,
  namespace: string,
  names: readonly string[],
): Promise<ContainedPackage[]> {
  const rows = await db
    .selectFrom('package')
    .innerJoin('namespace', 'namespace.id', 'package.namespace_id')
    .select(['package.id', 'package.purl', 'package.parent'])
    .where('namespace.name', '=', namespace)
    .where('package.lookup_name', 'in', padToPowerOfTwo(names))
    .execute();
  return rows.map(({ id, purl, parent }) => ({
    id,
    purl,
    // The text was written by `columnsOfPackage`, so it needs no validation.
    parent: parent === null ? null : (JSON.parse(parent) as ParentPackage),
  }));
}
