import {
  type Expression,
  expressionBuilder,
  type Kysely,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import { omitUndefined } from '../../../kit/collections.ts';
import type { Severity } from '../../../model/severity.ts';
import {
  type FleetImageFilter,
  type FleetImagePlace,
  type ImageOrder,
  noNamespace,
} from '../../finding-index-store.ts';
import type { Tables } from '../schema.ts';
import {
  containsExactly,
  containsText,
  hasFinding,
  hasLabel,
  indexesToUpgrade,
  indexesWithFinding,
} from './conditions.ts';

/** Value of the images that are not counted: the end of the list by risk. */
export const uncounted = -1;

/** A page of a list. */
export interface ImageListRequest {
  readonly filter: FleetImageFilter;
  readonly order: ImageOrder;
  readonly after: FleetImagePlace | undefined;
  readonly limit: number;
}

/** Selects the numbers of known images with their places in the order of a list. */
export type PlaceQuery = SelectQueryBuilder<Tables, never, { id: number; value: number; number: number }>;

/** Whether a filter has no condition. */
export function isUnlimited(filter: FleetImageFilter): boolean {
  return Object.keys(omitUndefined(filter)).length === 0;
}

const digestStart = 'sha256:';

/** Number of images that are tried before all are read, in the order of risk and by conditions of findings alone. */
const imagesTried = 5000;
/** The same for other lists, where the findings, names or labels of each must be looked up. */
const imagesLookedUp = 1000;

/** Whether `nextImages` can find images of a list: it does not look for digests, and a repository or an upgrade has few of the next images. */
export function canTry({ repository, text, upgrade }: FleetImageFilter): boolean {
  const isAnyOf = repository !== undefined || upgrade !== undefined;
  return !isAnyOf && text?.startsWith(digestStart) !== true;
}

function imagesToTry({ text, label, finding }: FleetImageFilter, order: ImageOrder): number {
  const isLookedUp = [text, label, finding].some((one) => one !== undefined);
  return order === 'risk' && !isLookedUp ? imagesTried : imagesLookedUp;
}

/** Selects the places of those of the next images in the order of a list that it has. By risk, only counted images have a place. */
export function nextImages(
  db: Kysely<Tables>,
  { filter, order, after, limit }: ImageListRequest,
): PlaceQuery {
  const tried = isUnlimited(filter) ? limit : imagesToTry(filter, order);
  const named = [
    ...(filter.text === undefined ? [] : [hasName(db, filter.text)]),
    ...(filter.finding === undefined ? [] : [hasFinding(db, filter)]),
    ...upgradeConditions(db, filter),
  ];
  const direction = order === 'number' ? 'asc' : 'desc';
  if (order === 'risk') {
    const next = db
      .selectFrom('counted_image')
      .selectAll()
      .$if(after !== undefined, (query) => query.where(isBefore(sql`risk, image_id`, after)))
      .orderBy('risk', 'desc')
      .orderBy('image_id', 'desc')
      .limit(tried)
      .as('counted_image');
    const query = db
      .selectFrom(next)
      .innerJoin('known_image', 'known_image.image_id', 'counted_image.image_id') as unknown as ImageQuery;
    return withConditions(query, filter, named)
      .select(['known_image.id', 'counted_image.risk as value', 'counted_image.image_id as number'])
      .orderBy('counted_image.risk', 'desc')
      .orderBy('counted_image.image_id', 'desc')
      .limit(limit);
  }
  const [, number] = after ?? [];
  const next = db
    .selectFrom('known_image')
    .select(['id', 'image_id', 'labels', 'untagged_since'])
    .$if(number !== undefined, (query) => query.where('id', order === 'number' ? '>' : '<', number ?? 0))
    .orderBy('id', direction)
    .limit(tried)
    .as('known_image');
  const query = db
    .selectFrom(next)
    .leftJoin('counted_image', 'counted_image.image_id', 'known_image.image_id') as unknown as ImageQuery;
  return withConditions(query, filter, named)
    .select(['known_image.id', sql<number>`0`.as('value'), 'known_image.id as number'])
    .orderBy('known_image.id', direction)
    .limit(limit);
}

/** Selects the places of the images of a list. The order is of expressions, so that no engine follows an index of it. */
export function allImages(db: Kysely<Tables>, { filter, order, after, limit }: ImageListRequest): PlaceQuery {
  const { repository, isNamed = false, text } = filter;
  const namedIn = isNamed ? repository : undefined;
  const sets = [
    ...(repository === undefined ? [] : [isIn(imagesOf(db, { repository, isNamed }))]),
    ...(text === undefined ? [] : [isIn(imagesNamed(db, text, namedIn))]),
    ...findingConditions(db, filter),
    ...upgradeConditions(db, filter),
  ];
  // Conditions of findings are of counted images. The few that hold them are found first.
  const images = hasFindingConditions(filter)
    ? db
        .selectFrom('counted_image')
        .crossJoin('known_image')
        .whereRef('known_image.image_id', '=', 'counted_image.image_id')
    : db
        .selectFrom('known_image')
        .leftJoin('counted_image', 'counted_image.image_id', 'known_image.image_id');
  const query = withConditions(images as unknown as ImageQuery, filter, sets)
    .select('known_image.id')
    .limit(limit);
  if (order === 'risk') {
    const place = sql`coalesce(counted_image.risk, ${sql.lit(uncounted)}), coalesce(counted_image.image_id, known_image.id)`;
    return query
      .select([
        sql<number>`coalesce(counted_image.risk, ${sql.lit(uncounted)})`.as('value'),
        sql<number>`coalesce(counted_image.image_id, known_image.id)`.as('number'),
      ])
      .$if(after !== undefined, (one) => one.where(isBefore(place, after)))
      .orderBy(sql`coalesce(counted_image.risk, ${sql.lit(uncounted)})`, 'desc')
      .orderBy(sql`coalesce(counted_image.image_id, known_image.id)`, 'desc');
  }
  const [, number] = after ?? [];
  const isRising = order === 'number';
  return query
    .select([sql<number>`0`.as('value'), 'known_image.id as number'])
    .$if(number !== undefined, (one) => one.where('known_image.id', isRising ? '>' : '<', number ?? 0))
    .orderBy(sql`known_image.id + 0`, isRising ? 'asc' : 'desc');
}

function isBefore(columns: RawBuilder<unknown>, place: FleetImagePlace = [0, 0]): RawBuilder<boolean> {
  return sql<boolean>`(${columns}) < (${sql.join([...place])})`;
}

function hasFindingConditions(filter: FleetImageFilter): boolean {
  const { namespace, upgrade, finding, namespaces, severity, isFixable, isExploited, assessment } = filter;
  const all = [namespace, upgrade, finding, namespaces, severity, isFixable, isExploited, assessment];
  return all.some((one) => one !== undefined);
}

const countOfSeverity = {
  Defcon1: 'defcon1',
  Critical: 'critical',
  High: 'high',
  Medium: 'medium',
  Low: 'low',
  Negligible: 'negligible',
  Unknown: 'unknown',
} as const satisfies Record<Severity, string>;

type ImageQuery = SelectQueryBuilder<
  Tables & { counted_image: { [Column in keyof Tables['counted_image']]: Tables['counted_image'][Column] } },
  'known_image' | 'counted_image',
  object
>;

/** Adds the conditions of a filter. Those of names and upgrades are given: engines find images by their names, or names by their images. */
function withConditions(
  images: ImageQuery,
  filter: FleetImageFilter,
  ofNames: readonly Expression<SqlBool>[],
): ImageQuery {
  const { isUntagged = false, label, severity, isFixable, isExploited } = filter;
  let query = images;
  for (const condition of ofNames) query = query.where(condition);
  if (isUntagged) query = query.where('known_image.untagged_since', 'is not', null);
  for (const condition of namespaceConditions(filter)) query = query.where(condition);
  if (label !== undefined) query = query.where(hasLabel(label));
  if (severity !== undefined)
    query = query.where(`counted_image.${countOfSeverity[severity]}` as 'counted_image.high', '>', 0);
  if (isFixable !== undefined) query = query.where('counted_image.fixable', isFixable ? '>' : '=', 0);
  if (isExploited !== undefined) query = query.where('counted_image.exploited', isExploited ? '>' : '=', 0);
  return query;
}

/** Returns the conditions on the namespaces of an image, and on what is known of their advisories. */
function namespaceConditions({
  namespace,
  namespaces,
  finding,
  assessment,
}: FleetImageFilter): readonly Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = [];
  if (namespace !== undefined && finding === undefined) conditions.push(hasNamespace(namespace));
  if (namespaces !== undefined) conditions.push(anyOf(namespaces.map(hasNamespace)));
  if (assessment !== undefined) {
    const gap = hasGap(assessment.gaps);
    conditions.push(assessment.hasGap ? gap : sql<boolean>`not ${gap}`);
  }
  return conditions;
}

/** Returns the condition for an image to have a finding that an upgrade closes. Its findings are found first. */
function upgradeConditions(
  db: Kysely<Tables>,
  { upgrade, namespace }: FleetImageFilter,
): readonly Expression<SqlBool>[] {
  if (upgrade === undefined) return [];
  const images = indexesToUpgrade(db, { upgrade, namespace });
  return [expressionBuilder<Tables, 'known_image'>()('known_image.image_id', 'in', images)];
}

/** Returns the condition for an image to have a certain finding. All images with it are found first. */
function findingConditions(db: Kysely<Tables>, filter: FleetImageFilter): readonly Expression<SqlBool>[] {
  if (filter.finding === undefined) return [];
  const images = indexesWithFinding(db, filter);
  return [expressionBuilder<Tables, 'known_image'>()('known_image.image_id', 'in', images)];
}

const hasNone = sql<boolean>`counted_image.namespaces = '[]'`;

function hasNamespace(name: string): Expression<SqlBool> {
  if (name === noNamespace) return hasNone;
  return containsExactly('counted_image.namespaces', JSON.stringify(name));
}

/** Returns the condition for a gap in the assessment of a counted image to be known, by the namespaces without complete advisories. */
function hasGap(namespaces: readonly string[]): Expression<SqlBool> {
  return anyOf([
    hasNone,
    ...namespaces.map(hasNamespace),
    // PostgreSQL would turn `exists` into a scan of all images.
    sql<boolean>`(select image.unread from image where image.id = counted_image.image_id) is not null`,
  ]);
}

function anyOf(conditions: readonly Expression<SqlBool>[]): Expression<SqlBool> {
  return conditions.length === 0 ? sql<boolean>`1 = 0` : sql<boolean>`(${sql.join(conditions, sql` or `)})`;
}

type ImageNumbers = SelectQueryBuilder<Tables, never, { known_image_id: number }>;

function isIn(images: ImageNumbers): Expression<SqlBool> {
  return expressionBuilder<Tables, 'known_image'>()('known_image.id', 'in', images);
}

function imagesOf(
  db: Kysely<Tables>,
  { repository, isNamed }: { readonly repository: string; readonly isNamed: boolean },
): ImageNumbers {
  return db
    .selectFrom('image_name')
    .select('known_image_id')
    .where('repository', '=', repository)
    .$if(isNamed, (query) => query.where('until', 'is', null));
}

const nameText = sql`image_name.repository || ':' || image_name.tag`;

/** Returns the condition for an image to have a current name that contains a text. PostgreSQL would turn `exists` into a scan of all names. */
function hasName(db: Kysely<Tables>, text: string): Expression<SqlBool> {
  const name = db
    .selectFrom('image_name')
    .select(sql<number>`1`.as('one'))
    .whereRef('image_name.known_image_id', '=', sql.ref('known_image.id'))
    .where('image_name.until', 'is', null)
    .where(containsText(nameText, text))
    .limit(1);
  return expressionBuilder<Tables, 'known_image'>()(name, 'is not', null);
}

/** Selects the images with a current name (in a repository, if given) that contains a text, or a digest that begins with it. */
function imagesNamed(db: Kysely<Tables>, text: string, repository: string | undefined): ImageNumbers {
  const named = db
    .selectFrom('image_name')
    .select('known_image_id')
    .where('until', 'is', null)
    .where(containsText(nameText, text))
    .$if(repository !== undefined, (query) => query.where('repository', '=', repository ?? ''));
  if (!text.startsWith(digestStart)) return named;
  const digests = db
    .selectFrom('image_digest')
    .select('known_image_id')
    .where('digest', '>=', text)
    .where('digest', '<', `${text}g`);
  return named.union(digests);
}
