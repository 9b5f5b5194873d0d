import { isDeepStrictEqual } from 'node:util';
import { type Kysely, sql } from 'kysely';
import { severities } from '../../model/severity.ts';
import {
  type DueImage,
  type DueSet,
  exploitations,
  type FindingCount,
  type FindingCountStore,
  type FindingTotals,
  type SetFinding,
  type SetFindings,
} from '../finding-count-store.ts';
import type { Lease } from '../lock-store.ts';
import { markChangedSets } from './changed-sets.ts';
import type { Engine } from './engine.ts';
import { pageChanges } from './finding-changes/list-changes.ts';
import { recordChanges, sumChanges } from './finding-changes/record-changes.ts';
import { changesByRatings, changesBySets } from './finding-changes/set-changes.ts';
import {
  type CountedTotals,
  findFindingHistory,
  findLastDays,
  hasFindingDay,
  saveFindingDay,
} from './finding-days.ts';
import { followImages, followSets } from './finding-index/count-images.ts';
import { recountMarked } from './finding-index/recount.ts';
import { indexSets } from './finding-index/save-findings.ts';
import { pageScores, saveScores } from './finding-index/scores.ts';
import { readValue, writeValue } from './key-values.ts';
import { fencedEngine } from './leases.ts';
import { decodeParts } from './package-order.ts';
import type { Tables } from './schema.ts';
import { dayAt } from './times.ts';

/** Returns the numbers of findings of a store; `now` is in milliseconds since 1970. */
export function findingCountStore(engine: Engine, now: () => number): FindingCountStore {
  const under = (lease: Lease | undefined): Engine =>
    lease === undefined ? engine : fencedEngine(engine, lease);
  return {
    markChanged: (rules, lease) => markChangedSets(under(lease), { rules, now: now() }),
    findDue: (limit) => findDue(engine.db, limit),
    save: (counted, lease) => save(under(lease), counted, now()),
    updateImages: async ({ signal, lease }) => {
      const fenced = under(lease);
      // Images that are gone are taken out with the numbers that their rows have, so these must be current.
      await followSets(fenced, now(), signal);
      await followImages(fenced, now(), signal);
      await recountMarked(fenced, signal);
    },
    pageScores: (page) => pageScores(engine.db, page),
    saveScores: (scores, lease) => saveScores(under(lease), scores),
    updateTotals: (lease) => updateTotals(under(lease), now()),
    findTotals: async () => withoutChanges(await readTotals(engine.db)),
    findHistory: (days) => findFindingHistory(engine.db, days, now()),
    findDays: (last) => findLastDays(engine.db, last),
    pageChanges: (filter, page) => pageChanges(engine.db, filter, page),
  };
}

async function findDue(db: Kysely<Tables>, limit: number): Promise<DueImage[]> {
  const images = await db
    .selectFrom('package_set')
    .innerJoin('image_set', 'image_set.set_id', 'package_set.id')
    .select((eb) => eb.fn.max<number>('image_set.image_id').as('image'))
    .where('package_set.count_due', '>', 0)
    .groupBy('package_set.id')
    .orderBy('package_set.id')
    .limit(limit)
    .execute();
  const due: DueImage[] = [];
  for (const image of new Set(images.map((row) => row.image))) due.push(await readDueImage(db, image));
  return due;
}

async function readDueImage(db: Kysely<Tables>, image: number): Promise<DueImage> {
  const parts = await db
    .selectFrom('image_set')
    .innerJoin('package_set', 'package_set.id', 'image_set.set_id')
    .select(['image_set.part', 'package_set.id as set', 'package_set.count_due as due'])
    .where('image_set.image_id', '=', image)
    .where('package_set.count_due', '>', 0)
    .execute();
  const row = await db.selectFrom('image').select('package_order').where('id', '=', image).executeTakeFirst();
  const partOf = decodeParts(row?.package_order ?? null);
  const sets = new Map(parts.map(({ part, set, due }) => [part, { set, due }]));
  return {
    image,
    sets: distinctSets([...sets.values()]),
    setOf: (position) => sets.get(partOf(position)),
  };
}

/** An image can have a set in several parts. */
function distinctSets(sets: readonly DueSet[]): DueSet[] {
  return [...new Map(sets.map((one) => [one.set, one])).values()];
}

async function save(engine: Engine, counted: readonly SetFindings[], now: number): Promise<void> {
  if (counted.length === 0) return;
  // In sorted order, so that two writers of the same sets do not wait for each other.
  const ordered = counted.toSorted((a, b) => a.set - b.set);
  await engine.write(async (db) => {
    const saved = new Map<number, readonly SetFinding[]>();
    const before = new Map<number, number>();
    for (const one of ordered) {
      const replaced = await saveSet(db, one);
      if (replaced === undefined) continue;
      saved.set(one.set, one.findings);
      before.set(one.set, replaced);
    }
    const { sets, rated } = await indexSets(db, saved);
    const changes = sets.map((one) => ({ ...one, before: before.get(one.set) ?? 0 }));
    await recordChanges(db, dayAt(now), await changesBySets(db, changes, now));
    await recordChanges(db, dayAt(now), changesByRatings(rated));
  }, 'own rows');
}

/** Returns the number of findings before. Undefined if another process has deleted the set. */
async function saveSet(db: Kysely<Tables>, { set, due, findings }: SetFindings): Promise<number | undefined> {
  const { numUpdatedRows: counted } = await db
    .updateTable('package_set')
    .set({ count_due: sql<number>`case when count_due = ${due} then 0 else count_due end` })
    .where('id', '=', set)
    .executeTakeFirstOrThrow();
  const replaced = await db.deleteFrom('set_count').where('set_id', '=', set).returning('findings').execute();
  if (counted === 0n) return undefined;
  const before = replaced.reduce((sum, row) => sum + row.findings, 0);
  if (findings.length === 0) return before;
  const rows = countsOf(findings).map(({ severity, isFixable, exploited, findings: count }) => ({
    set_id: set,
    severity: severities.indexOf(severity),
    is_fixable: Number(isFixable),
    exploited: exploitations.indexOf(exploited),
    findings: count,
  }));
  await db.insertInto('set_count').values(rows).execute();
  return before;
}

/** Counts findings by severity, fix and exploitation. */
function countsOf(findings: readonly SetFinding[]): FindingCount[] {
  const counts = new Map<string, FindingCount>();
  for (const { severity, exploited, fix } of findings) {
    const isFixable = fix.state === 'fixed';
    const key = `${severity} ${isFixable} ${exploited}`;
    const before = counts.get(key)?.findings ?? 0;
    counts.set(key, { severity, isFixable, exploited, findings: before + 1 });
  }
  return [...counts.values()];
}

const totalsKey = 'store/finding-totals';

async function readTotals(db: Kysely<Tables>): Promise<CountedTotals | undefined> {
  const text = await readValue(db, totalsKey);
  // The text was written by `updateTotals`, so it needs no validation.
  return text === undefined ? undefined : (JSON.parse(text) as CountedTotals);
}

function withoutChanges(counted: CountedTotals | undefined): FindingTotals | undefined {
  if (counted === undefined) return undefined;
  const { changes: _, ...totals } = counted;
  return totals;
}

async function updateTotals(engine: Engine, now: number): Promise<void> {
  const before = await readTotals(engine.db);
  const sums = await sumCounts(engine.db);
  const changes = await sumChanges(engine.db, dayAt(now));
  const at = new Date(now).toISOString();
  const isSame =
    before !== undefined && isDeepStrictEqual({ ...before, at, changes }, { ...sums, at, changes });
  const isKnown = isSame && isDeepStrictEqual(before.changes, changes);
  if (isKnown && (await hasFindingDay(engine.db, now))) return;
  const totals: CountedTotals = { ...(isSame ? before : { at, ...sums }), changes };
  await engine.write(async (db) => {
    await dropOrphans(db);
    await writeValue(db, totalsKey, JSON.stringify(totals));
    await saveFindingDay(db, totals, now);
  }, 'own rows');
}

/** Deletes the counts of sets that a server of an earlier version deleted. */
async function dropOrphans(db: Kysely<Tables>): Promise<void> {
  await db
    .deleteFrom('set_count')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('package_set').select('id').whereRef('package_set.id', '=', 'set_count.set_id'),
        ),
      ),
    )
    .execute();
}

/** Sums over the images of the index of findings, so that the sums agree with its lists. */
async function sumCounts(db: Kysely<Tables>): Promise<Omit<FindingTotals, 'at'>> {
  const { images } = await db
    .selectFrom('counted_image')
    .select((eb) => eb.fn.countAll().as('images'))
    .executeTakeFirstOrThrow();
  const { due } = await db
    .selectFrom('package_set')
    .where('package_set.count_due', '>', 0)
    .select((eb) => eb.fn.countAll().as('due'))
    .executeTakeFirstOrThrow();
  const usedSets = db
    .selectFrom('counted_set')
    .select('counted_set.set_id')
    .select((eb) => eb.fn.countAll().as('images'))
    .groupBy('counted_set.set_id');
  const rows = await db
    .selectFrom(usedSets.as('used_set'))
    .innerJoin('set_count', 'set_count.set_id', 'used_set.set_id')
    .select(['set_count.severity', 'set_count.is_fixable', 'set_count.exploited'])
    .select(sql<number | string>`sum(set_count.findings * used_set.images)`.as('findings'))
    .groupBy(['set_count.severity', 'set_count.is_fixable', 'set_count.exploited'])
    .orderBy('set_count.severity')
    .orderBy('set_count.is_fixable')
    .orderBy('set_count.exploited')
    .execute();
  return { images: Number(images), dueSets: Number(due), findings: rows.map(toCount) };
}

interface SumRow {
  readonly severity: number;
  readonly is_fixable: number;
  readonly exploited: number;
  readonly findings: number | string;
}

function toCount(row: SumRow): FindingCount {
  return {
    severity: severities[row.severity] ?? 'Unknown',
    isFixable: row.is_fixable === 1,
    exploited: exploitations[row.exploited] ?? 'unknown',
    findings: Number(row.findings),
  };
}
