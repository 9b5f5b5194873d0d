import { type Kysely, sql } from 'kysely';
import { exploitations } from '../../finding-count-store.ts';
import type { Engine } from '../engine.ts';
import type { Tables } from '../schema.ts';
import { updateByNumber } from '../update-by-number.ts';

/** Numbers of rows that are counted again per transaction. Their counts are read before it. */
const findingsAtATime = 200;
const vulnerabilitiesAtATime = 20;
const namesAtATime = 100;
const summariesAtATime = 500;

/** Counts the images of what is marked again, and updates summaries. Deletes what no set has any more. */
export async function recountMarked(engine: Engine, signal: AbortSignal): Promise<void> {
  for (const step of [recountFindings, recountVulnerabilities, updateSummaries, recountNames])
    while (!signal.aborted && (await step(engine)));
}

/** A row with its new number of images. It is due again if it was marked meanwhile. */
interface Recounted {
  readonly id: number;
  readonly due: number;
  readonly images: number;
}

/** Returns false if no finding is left. */
async function recountFindings(engine: Engine): Promise<boolean> {
  const rows = await engine.db
    .selectFrom('finding')
    .select(['id', 'due'])
    .select((eb) =>
      eb
        .selectFrom('set_finding')
        .innerJoin('counted_set', 'counted_set.set_id', 'set_finding.set_id')
        .whereRef('set_finding.finding_id', '=', 'finding.id')
        .select((inner) => inner.fn.count<number>('counted_set.image_id').distinct().as('images'))
        .as('images'),
    )
    .where('due', '>', 0)
    .orderBy('id')
    .limit(findingsAtATime)
    .execute();
  if (rows.length === 0) return false;
  await engine.write(async (db) => {
    await saveImages(db, 'finding', rows);
    await dropUnusedFindings(
      db,
      rows.map(({ id }) => id),
    );
  }, 'own rows');
  return true;
}

async function recountVulnerabilities(engine: Engine): Promise<boolean> {
  const rows = await engine.db
    .selectFrom('found_vulnerability')
    .select(['id', 'due'])
    .select((eb) =>
      eb
        .selectFrom('finding')
        .innerJoin('set_finding', 'set_finding.finding_id', 'finding.id')
        .innerJoin('counted_set', 'counted_set.set_id', 'set_finding.set_id')
        .whereRef('finding.vulnerability_id', '=', 'found_vulnerability.id')
        .select((inner) => inner.fn.count<number>('counted_set.image_id').distinct().as('images'))
        .as('images'),
    )
    .where('due', '>', 0)
    .orderBy('id')
    .limit(vulnerabilitiesAtATime)
    .execute();
  if (rows.length === 0) return false;
  await engine.write((db) => saveImages(db, 'found_vulnerability', rows), 'own rows');
  return true;
}

async function saveImages(
  db: Kysely<Tables>,
  table: 'finding' | 'found_vulnerability',
  rows: readonly (Omit<Recounted, 'images'> & { readonly images: number | null })[],
): Promise<void> {
  await updateByNumber(
    db,
    {
      table,
      key: 'id',
      set: { images: sql`given.column2`, due: sql`case when due = given.column3 then 0 else due end` },
    },
    rows.map(({ id, due, images }) => [id, Number(images), due]),
  );
}

/** Deletes those of these findings that no set has, and the packages without other findings. */
async function dropUnusedFindings(db: Kysely<Tables>, findings: readonly number[]): Promise<void> {
  const dropped = await db
    .deleteFrom('finding')
    .where('id', 'in', findings)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('set_finding').select('set_id').whereRef('set_finding.finding_id', '=', 'finding.id'),
        ),
      ),
    )
    .returning('package_id')
    .execute();
  if (dropped.length === 0) return;
  await db
    .deleteFrom('found_package')
    .where('id', 'in', [...new Set(dropped.map(({ package_id: number }) => number))])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('finding')
            .select('finding.id')
            .whereRef('finding.package_id', '=', 'found_package.id'),
        ),
      ),
    )
    .execute();
}

/** Finds the severity, exploitation, fix and packages of vulnerabilities from their findings again. */
async function updateSummaries(engine: Engine): Promise<boolean> {
  const rows = await engine.db
    .selectFrom('found_vulnerability')
    .select(['id', 'summary_due'])
    .where('summary_due', '>', 0)
    .orderBy('id')
    .limit(summariesAtATime)
    .execute();
  if (rows.length === 0) return false;
  const summaries = await readSummaries(
    engine.db,
    rows.map(({ id }) => id),
  );
  await engine.write(async (db) => {
    for (const { id, summary_due: due } of rows)
      await db
        .updateTable('found_vulnerability')
        .set({
          ...(summaries.get(id) ?? { packages: 0 }),
          summary_due: sql<number>`case when summary_due = ${due} then 0 else summary_due end`,
        })
        .where('id', '=', id)
        .execute();
    await dropUnusedVulnerabilities(
      db,
      rows.map(({ id }) => id),
    );
  }, 'own rows');
  return true;
}

interface Summary {
  readonly rank: number;
  readonly exploited: number;
  readonly is_fixable: number;
  readonly packages: number;
}

const [yes, unknown] = [exploitations.indexOf('yes'), exploitations.indexOf('unknown')];

async function readSummaries(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
): Promise<ReadonlyMap<number, Summary>> {
  const rows = await db
    .selectFrom('finding')
    .select('vulnerability_id as id')
    .select([
      sql<number>`min(rank)`.as('rank'),
      sql<
        number | string
      >`max(case when exploited = ${sql.lit(yes)} then 2 when exploited = ${sql.lit(unknown)} then 1 else 0 end)`.as(
        'exploitation',
      ),
      sql<number>`max(case when fix_state = 'fixed' then 1 else 0 end)`.as('is_fixable'),
      sql<number | string>`count(distinct namespace || ' ' || package)`.as('packages'),
    ])
    .where('vulnerability_id', 'in', vulnerabilities)
    .where('images', '>', 0)
    .groupBy('vulnerability_id')
    .execute();
  return new Map(
    rows.map(({ id, exploitation, packages, ...row }) => [
      id,
      { ...row, packages: Number(packages), exploited: [0, unknown, yes][Number(exploitation)] ?? unknown },
    ]),
  );
}

async function dropUnusedVulnerabilities(db: Kysely<Tables>, numbers: readonly number[]): Promise<void> {
  await db
    .deleteFrom('found_vulnerability')
    .where('id', 'in', numbers)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('finding')
            .select('finding.id')
            .whereRef('finding.vulnerability_id', '=', 'found_vulnerability.id'),
        ),
      ),
    )
    .execute();
}

async function recountNames(engine: Engine): Promise<boolean> {
  const rows = await engine.db
    .selectFrom('installed_name')
    .select(['namespace_id', 'name', 'due'])
    .select((eb) =>
      eb
        .selectFrom('package')
        .innerJoin('set_package', 'set_package.package_id', 'package.id')
        .innerJoin('counted_set', 'counted_set.set_id', 'set_package.set_id')
        .where('package.namespace_id', '=', sql.ref<number>('installed_name.namespace_id'))
        .where('package.lookup_name', '=', sql.ref<string>('installed_name.name'))
        .select((inner) => inner.fn.count<number>('counted_set.image_id').distinct().as('images'))
        .as('images'),
    )
    .where('due', '>', 0)
    .orderBy('namespace_id')
    .orderBy('name')
    .limit(namesAtATime)
    .execute();
  if (rows.length === 0) return false;
  await engine.write(async (db) => {
    for (const { namespace_id: namespace, name, due, images } of rows)
      await db
        .updateTable('installed_name')
        .set({ images: Number(images), due: sql<number>`case when due = ${due} then 0 else due end` })
        .where('namespace_id', '=', namespace)
        .where('name', '=', name)
        .execute();
    await db.deleteFrom('installed_name').where('images', '<=', 0).where('due', '=', 0).execute();
  }, 'own rows');
  return true;
}
