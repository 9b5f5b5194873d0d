import { type Kysely, type Selectable, sql } from 'kysely';
import { compareText } from '../../../model/order.ts';
import { exploitations } from '../../finding-count-store.ts';
import { BulkWriter } from '../bulk-writer.ts';
import type { Tables } from '../schema.ts';
import { updateByNumber } from '../update-by-number.ts';
import type { CountedImageTable } from './tables.ts';

/** The number of an image, and its identity. */
export interface NumberedIndex {
  readonly id: number;
  readonly identity: string;
}

/** Columns of the numbers of findings, by the index in `severities`. */
const severityColumns = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical', 'defcon1'] as const;

type Counts = Pick<Selectable<CountedImageTable>, (typeof severityColumns)[number] | 'fixable' | 'exploited'>;

const noFindings: Counts = {
  unknown: 0,
  negligible: 0,
  low: 0,
  medium: 0,
  high: 0,
  critical: 0,
  defcon1: 0,
  fixable: 0,
  exploited: 0,
};

const countColumns = [...severityColumns, 'fixable', 'exploited'] as const;

/** Inserts the rows of images whose sets are in `counted_set`. */
export async function insertCountedImages(
  db: Kysely<Tables>,
  images: readonly NumberedIndex[],
  now: number,
): Promise<void> {
  const numbers = images.map(({ id }) => id);
  const counts = await readCounts(db, numbers);
  const namespaces = await readNamespaces(db, numbers);
  const writer = new BulkWriter(db, 'counted_image', [
    ...['image_id', 'identity', 'counted_at', 'namespaces'],
    ...[...countColumns, 'risk'],
  ]);
  for (const { id, identity } of images) {
    const ofImage = counts.get(id) ?? noFindings;
    const names = [...(namespaces.get(id) ?? [])].sort(compareText);
    await writer.add([
      ...[id, identity, now, JSON.stringify(names)],
      ...countColumns.map((column) => ofImage[column]),
      riskOf(ofImage),
    ]);
  }
  await writer.finish();
}

/** Updates the rows of counted images from the counts of their sets. */
export async function recountImages(
  db: Kysely<Tables>,
  images: readonly number[],
  now: number,
): Promise<void> {
  const counts = await readCounts(db, images);
  const columns = [...countColumns, 'risk', 'counted_at'];
  const set = Object.fromEntries(
    columns.map((column, index) => [column, sql.ref(`given.column${index + 2}`)]),
  );
  const rows = images.map((image) => {
    const ofImage = counts.get(image) ?? noFindings;
    return [image, ...countColumns.map((column) => ofImage[column]), riskOf(ofImage), now];
  });
  await updateByNumber(db, { table: 'counted_image', key: 'image_id', set }, rows);
}

async function readCounts(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, Counts>> {
  const rows = await db
    .selectFrom('counted_set')
    .innerJoin('set_count', 'set_count.set_id', 'counted_set.set_id')
    .select(['counted_set.image_id', 'set_count.severity', 'set_count.is_fixable', 'set_count.exploited'])
    .select(sql<number | string>`sum(set_count.findings)`.as('findings'))
    .where('counted_set.image_id', 'in', images)
    .groupBy(['counted_set.image_id', 'set_count.severity', 'set_count.is_fixable', 'set_count.exploited'])
    .execute();
  const counts = new Map<number, { -readonly [Key in keyof Counts]: number }>();
  for (const { image_id: image, severity, is_fixable: isFixable, exploited, findings } of rows) {
    const ofImage = counts.get(image) ?? { ...noFindings };
    counts.set(image, ofImage);
    ofImage[severityColumns[severity] ?? 'unknown'] += Number(findings);
    if (isFixable === 1) ofImage.fixable += Number(findings);
    if (exploited === exploitations.indexOf('yes')) ofImage.exploited += Number(findings);
  }
  return counts;
}

async function readNamespaces(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const rows = await db
    .selectFrom('counted_set')
    .innerJoin('set_package', 'set_package.set_id', 'counted_set.set_id')
    .innerJoin('package', 'package.id', 'set_package.package_id')
    .innerJoin('namespace', 'namespace.id', 'package.namespace_id')
    .select(['counted_set.image_id', 'namespace.name'])
    .distinct()
    .where('counted_set.image_id', 'in', images)
    .execute();
  const namespaces = new Map<number, string[]>();
  for (const { image_id: image, name } of rows)
    namespaces.set(image, [...(namespaces.get(image) ?? []), name]);
  return namespaces;
}

/** Each part of `riskOf` counts up to this number less one. */
const riskBase = 2 ** 10;

/**
 * Orders images by their worst findings: first by the number of those that are exploited, then by the number of critical ones, of high ones,
 * of medium ones, and of all others.
 */
function riskOf({ exploited, defcon1, critical, high, medium, low }: Counts): number {
  const parts = [exploited, defcon1 + critical, high, medium, low];
  return parts.reduce((risk, part) => risk * riskBase + Math.min(part, riskBase - 1), 0);
}
