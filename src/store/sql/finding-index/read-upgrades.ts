import { type Kysely, type RawBuilder, sql } from 'kysely';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import type { LabelWeight, UpgradeFinding, UpgradePage, WeighedScope } from '../../finding-index-store.ts';
import type { PageRequest } from '../../page.ts';
import type { Tables } from '../schema.ts';
import { setsInScope, weightOfImage } from './conditions.ts';
import { findingColumns, findingContent } from './list-findings.ts';
import { findParents } from './parents.ts';

/** Returns a page of the package sets of the images of a scope with their findings. Leaves out those without findings. */
export async function pageUpgrades(
  db: Kysely<Tables>,
  { weights = [], ...scope }: WeighedScope,
  { limit, after = 0 }: PageRequest<number>,
): Promise<UpgradePage> {
  const counted = await db
    .selectFrom(setsInScope(db, scope).as('held'))
    .select('held.set_id as set')
    .select((eb) => eb.fn.count('held.image_id').as('images'))
    .select(sumOfWeights(weights).as('weight'))
    .where('held.set_id', '>', after)
    .groupBy('held.set_id')
    .orderBy('held.set_id')
    .limit(limit)
    .execute();
  const findings = await findingsOfSets(
    db,
    counted.map(({ set }) => set),
  );
  const sets = counted.flatMap(({ set, images, weight }) => {
    const ofSet = findings.get(set);
    return ofSet === undefined
      ? []
      : [{ set, images: Number(images), weight: Number(weight), findings: ofSet }];
  });
  const last = counted.at(-1)?.set;
  return { sets, ...(counted.length === limit && last !== undefined && { next: last }) };
}

/** Sums the weights of the images of a set. The labels of an image are looked up only if a label has a weight. */
function sumOfWeights(weights: readonly LabelWeight[]): RawBuilder<number | string> {
  if (weights.length === 0) return sql`count(held.image_id)`;
  return sql`sum(coalesce((
    select max(${weightOfImage(weights)}) from known_image where known_image.image_id = held.image_id
  ), 1))`;
}

/** Returns the findings of package sets, also of images that are not counted. */
export async function findingsOfSets(
  db: Kysely<Tables>,
  sets: readonly number[],
): Promise<ReadonlyMap<number, readonly UpgradeFinding[]>> {
  if (sets.length === 0) return new Map();
  const rows = await db
    .selectFrom('set_finding')
    .innerJoin('finding', 'finding.id', 'set_finding.finding_id')
    .innerJoin('found_package', 'found_package.id', 'finding.package_id')
    .innerJoin('found_vulnerability', 'found_vulnerability.id', 'finding.vulnerability_id')
    .select(['set_finding.set_id as set', 'finding.id as number', ...findingColumns])
    .where('set_finding.set_id', 'in', padToPowerOfTwo(sets))
    .orderBy('set_finding.set_id')
    .orderBy('set_finding.finding_id')
    .execute();
  const found = rows.map((row) => ({ set: row.set, number: row.number, ...findingContent(row) }));
  const parents = await findParents(
    db,
    found.map((one) => one.package),
    sets,
  );
  const bySet = new Map<number, UpgradeFinding[]>();
  for (const { set, ...finding } of found) {
    const ofSet = bySet.get(set) ?? [];
    bySet.set(set, ofSet);
    ofSet.push({ ...finding, parent: parents.get(set)?.get(finding.package.purl) ?? null });
  }
  return bySet;
}
