import {
  type Expression,
  expressionBuilder,
  type Kysely,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { FleetImageFilter, ImageLabel, LabelWeight, UpgradeScope } from '../../finding-index-store.ts';
import type { Tables } from '../schema.ts';

/** A part of the counted images. */
export interface CountedScope extends UpgradeScope {
  /** Those with these numbers. */
  readonly images?: readonly number[] | undefined;
}

/** Selects the package sets of the images of a scope, each with each of its images once. */
export function setsInScope(
  db: Kysely<Tables>,
  { repository, images, label }: CountedScope,
): SelectQueryBuilder<Tables, 'counted_set', { image_id: number; set_id: number }> {
  const all = db.selectFrom('counted_set').select(['counted_set.image_id', 'counted_set.set_id']);
  const ofImage = images === undefined ? all : all.where('counted_set.image_id', 'in', images);
  if (repository === undefined && label === undefined) return ofImage;
  return ofImage.where('counted_set.image_id', 'in', indexesInScope(db, { repository, label }));
}

/** Selects the numbers of the newest indexes of the images of a scope. */
export function indexesInScope(
  db: Kysely<Tables>,
  { repository, label }: UpgradeScope,
): SelectQueryBuilder<Tables, 'known_image', { image_id: number }> {
  let query = db.selectFrom('known_image').select('known_image.image_id');
  if (label !== undefined) query = query.where(hasLabel(label));
  if (repository === undefined) return query;
  return query.where('known_image.id', 'in', (eb) =>
    eb
      .selectFrom('image_name')
      .select('image_name.known_image_id')
      .where('image_name.repository', '=', repository)
      .where('image_name.until', 'is', null),
  );
}

/** Selects the numbers of the indexes with a finding that an upgrade of a package closes, see `FleetImageFilter`. */
export function indexesToUpgrade(
  db: Kysely<Tables>,
  { upgrade, namespace }: { readonly upgrade: string; readonly namespace: string | undefined },
): SelectQueryBuilder<Tables, 'counted_set', { image_id: number }> {
  const fixed = db
    .selectFrom('finding')
    .innerJoin('found_package', 'found_package.id', 'finding.package_id')
    .select('finding.id')
    .where('finding.fix_state', '=', 'fixed')
    .$if(namespace !== undefined, (query) => query.where('finding.namespace', '=', namespace ?? ''));
  // Each half has an index.
  const found = fixed
    .where('found_package.source_name', '=', upgrade)
    .unionAll(fixed.where('finding.package', '=', upgrade).where('found_package.source_name', 'is', null));
  const sets = db.selectFrom('set_finding').select('set_id').where('finding_id', 'in', found);
  return db.selectFrom('counted_set').select('counted_set.image_id').where('counted_set.set_id', 'in', sets);
}

type FindingCondition = Pick<FleetImageFilter, 'finding' | 'namespace'>;

/** Selects the numbers of the indexes that have a finding, see `FleetImageFilter`. */
export function indexesWithFinding(
  db: Kysely<Tables>,
  wanted: FindingCondition,
): SelectQueryBuilder<Tables, 'counted_set', { image_id: number }> {
  const sets = db
    .selectFrom('set_finding')
    .select('set_id')
    .where('finding_id', 'in', findingsOf(db, wanted));
  return db.selectFrom('counted_set').select('counted_set.image_id').where('counted_set.set_id', 'in', sets);
}

/** Returns the condition for a known image to have a finding, which looks at this image alone. */
export function hasFinding(db: Kysely<Tables>, wanted: FindingCondition): Expression<SqlBool> {
  const found = db
    .selectFrom('counted_set')
    .innerJoin('set_finding', 'set_finding.set_id', 'counted_set.set_id')
    .select(sql<number>`1`.as('one'))
    .whereRef('counted_set.image_id', '=', sql.ref('known_image.image_id'))
    .where('set_finding.finding_id', 'in', findingsOf(db, wanted))
    .limit(1);
  return expressionBuilder<Tables, 'known_image'>()(found, 'is not', null);
}

function findingsOf(
  db: Kysely<Tables>,
  { finding, namespace }: FindingCondition,
): SelectQueryBuilder<Tables, 'finding', { id: number }> {
  const { vulnerability = '', purl } = finding ?? {};
  let query = db
    .selectFrom('finding')
    .select('finding.id')
    .where('finding.vulnerability_id', '=', (eb) =>
      eb.selectFrom('found_vulnerability').select('id').where('name', '=', vulnerability),
    );
  if (namespace !== undefined) query = query.where('finding.namespace', '=', namespace);
  if (purl === undefined) return query;
  // PostgreSQL would turn a join into a scan of all packages.
  return query.where(
    (eb) =>
      eb.selectFrom('found_package').select('purl').whereRef('found_package.id', '=', 'finding.package_id'),
    '=',
    purl,
  );
}

/** Returns the condition for a known image to have a label. The text of all labels is JSON, in which no value can contain another label. */
export function hasLabel({ key, value }: ImageLabel): Expression<SqlBool> {
  const text = `${JSON.stringify(key)}:${value === undefined ? '' : JSON.stringify(value)}`;
  return containsExactly('known_image.labels', text);
}

/** Returns the weight of a known image: the highest of its labels, or 1. */
export function weightOfImage(weights: readonly LabelWeight[]): RawBuilder<number> {
  if (weights.length === 0) return sql<number>`1`;
  const cases = weights
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ label, weight }) => sql`when ${hasLabel(label)} then ${sql.lit(weight)}`);
  return sql<number>`case ${sql.join(cases, sql` `)} else 1 end`;
}

/** Returns the condition for a column to contain a text, in any case of ASCII letters. */
export function containsText(column: RawBuilder<unknown>, text: string): Expression<SqlBool> {
  return sql<SqlBool>`lower(${column}) like ${patternOf(text.toLowerCase())} escape '\\'`;
}

/**
 * Returns the condition for a column to contain a text, in the same case. Engines have only `replace` for it in common. They expect it of
 * nearly all rows, and `like` of few.
 */
export function containsExactly(column: string, text: string): Expression<SqlBool> {
  const value = sql.ref(column);
  return sql<SqlBool>`${value} like ${patternOf(text)} escape '\\' and replace(${value}, ${text}, '') <> ${value}`;
}

function patternOf(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, (one) => `\\${one}`)}%`;
}
