import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { splitIntoChunks } from '../../../kit/collections.ts';
import type { Digest } from '../../../model/digest.ts';
import type { Engine } from '../engine.ts';
import { readValue, writeValue } from '../key-values.ts';
import type { Tables } from '../schema.ts';
import { isPathBelow, layerPathOf } from './layer-paths.ts';

/** Numbers of images that are compared at a time, rows that are counted at a time, and rows per transaction. */
const comparedAtATime = 5000;
const countedAtATime = 5000;
const writtenAtATime = 200;

/** Key of the value that says that numbers must be counted again. Its value changes whenever they must. */
const dueKey = 'store/bases-due';

/** Key of the time of the last count. */
export const countedAtKey = 'store/bases-counted-at';

/** Marks the numbers of images on bases as old, in the transaction that changes placed images. */
async function markDue(db: Kysely<Tables>): Promise<void> {
  await writeValue(db, dueKey, randomUUID());
}

/** Takes deleted images out of the order by layers, so that an engine can use their numbers again. */
export async function displaceImages(db: Kysely<Tables>, numbers: readonly number[]): Promise<void> {
  const { numDeletedRows: deleted } = await db
    .deleteFrom('placed_image')
    .where('known_image_id', 'in', numbers)
    .executeTakeFirstOrThrow();
  if (deleted > 0n) await markDue(db);
}

/** Places new images, takes out those that are gone, and counts again what changes. */
export async function followBases(engine: Engine, now: number, signal: AbortSignal): Promise<void> {
  const last = await lastNumber(engine.db);
  for (let after = 0; after < last && !signal.aborted; after += comparedAtATime)
    await followRange(engine, { after, upTo: after + comparedAtATime }, signal);
  if (!signal.aborted) await countBases(engine, now, signal);
}

async function lastNumber(db: Kysely<Tables>): Promise<number> {
  const { known } = await db
    .selectFrom('known_image')
    .select((eb) => eb.fn.max<number | null>('id').as('known'))
    .executeTakeFirstOrThrow();
  const { placed } = await db
    .selectFrom('placed_image')
    .select((eb) => eb.fn.max<number | null>('known_image_id').as('placed'))
    .executeTakeFirstOrThrow();
  return Math.max(known ?? 0, placed ?? 0);
}

interface NumberedRange {
  readonly after: number;
  readonly upTo: number;
}

async function followRange(engine: Engine, range: NumberedRange, signal: AbortSignal): Promise<void> {
  const write = async <T>(
    rows: readonly T[],
    change: (db: Kysely<Tables>, some: readonly T[]) => unknown,
  ) => {
    for (const some of splitIntoChunks(rows, writtenAtATime)) {
      if (signal.aborted) return;
      await engine.write(async (db) => {
        await markDue(db);
        await change(db, some);
      }, 'own rows');
    }
  };
  await write(await goneImages(engine.db, range), (db, some) =>
    db.deleteFrom('placed_image').where('known_image_id', 'in', some).execute(),
  );
  const changed = await changedImages(engine.db, range);
  await write(changed, (db, some) => placeImages(db, some));
}

async function goneImages(db: Kysely<Tables>, { after, upTo }: NumberedRange): Promise<number[]> {
  const rows = await db
    .selectFrom('placed_image')
    .leftJoin('known_image', 'known_image.id', 'placed_image.known_image_id')
    .select('placed_image.known_image_id as number')
    .where('placed_image.known_image_id', '>', after)
    .where('placed_image.known_image_id', '<=', upTo)
    .where('known_image.id', 'is', null)
    .execute();
  return rows.map(({ number }) => number);
}

interface ChangedImage {
  readonly id: number;
  readonly diff_ids: string;
  readonly untagged_since: number | null;
}

/** Returns images that are not placed, or that have lost or regained their names since. */
async function changedImages(db: Kysely<Tables>, { after, upTo }: NumberedRange): Promise<ChangedImage[]> {
  return await db
    .selectFrom('known_image')
    .leftJoin('placed_image', 'placed_image.known_image_id', 'known_image.id')
    .select(['known_image.id', 'known_image.diff_ids', 'known_image.untagged_since'])
    .where('known_image.id', '>', after)
    .where('known_image.id', '<=', upTo)
    .where((eb) =>
      eb.or([
        eb('placed_image.known_image_id', 'is', null),
        sql<boolean>`placed_image.is_current <> case when known_image.untagged_since is null then 1 else 0 end`,
      ]),
    )
    .orderBy('known_image.id')
    .execute();
}

async function placeImages(db: Kysely<Tables>, changed: readonly ChangedImage[]): Promise<void> {
  const rows = changed.map(({ id, diff_ids: diffIds, untagged_since: untaggedSince }) => ({
    known_image_id: id,
    // The text was written by `record`, so it needs no validation.
    path: layerPathOf(JSON.parse(diffIds) as Digest[]),
    is_current: untaggedSince === null ? 1 : 0,
    images: 0,
    direct: 0,
  }));
  await db
    .insertInto('placed_image')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('known_image_id')
        .doUpdateSet((eb) => ({ is_current: eb.ref('excluded.is_current'), path: eb.ref('excluded.path') })),
    )
    .execute();
}

/** Counts the images on all bases in one pass over the paths, if a change is marked. Writes only numbers that differ. */
async function countBases(engine: Engine, now: number, signal: AbortSignal): Promise<void> {
  const due = await readValue(engine.db, dueKey);
  const countedAt = await readValue(engine.db, countedAtKey);
  if (due === undefined && countedAt !== undefined) return;
  const changed = await changedCounts(engine.db, signal);
  for (const some of splitIntoChunks(changed, writtenAtATime)) {
    if (signal.aborted) return;
    await engine.write((db) => writeCounts(db, some), 'own rows');
  }
  if (signal.aborted) return;
  await engine.write(async (db) => {
    if (due !== undefined)
      await db.deleteFrom('key_value').where('key', '=', dueKey).where('value', '=', due).execute();
    await writeValue(db, countedAtKey, new Date(now).toISOString());
  }, 'own rows');
}

/** Returns the numbers that differ from those that are stored. Incomplete if the signal aborts. */
async function changedCounts(db: Kysely<Tables>, signal: AbortSignal): Promise<readonly NewCount[]> {
  const counter = new BaseCounter();
  for (let after: PlacedRow | undefined, isMore = true; isMore && !signal.aborted; ) {
    const rows = await nextPlaced(db, after);
    for (const row of rows) counter.add(row);
    after = rows.at(-1);
    isMore = rows.length === countedAtATime;
  }
  return counter.end();
}

interface PlacedRow {
  readonly known_image_id: number;
  readonly path: Uint8Array;
  readonly is_current: number;
  readonly images: number;
  readonly direct: number;
}

async function nextPlaced(db: Kysely<Tables>, after: PlacedRow | undefined): Promise<PlacedRow[]> {
  return await db
    .selectFrom('placed_image')
    .selectAll()
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(path, known_image_id) > (${after?.path}, ${after?.known_image_id})`),
    )
    .orderBy('path')
    .orderBy('known_image_id')
    .limit(countedAtATime)
    .execute();
}

async function writeCounts(db: Kysely<Tables>, counts: readonly NewCount[]): Promise<void> {
  for (const { number, images, direct } of counts)
    await db
      .updateTable('placed_image')
      .set({ images, direct })
      .where('known_image_id', '=', number)
      .execute();
}

/** The numbers of a base image that differ from those that are stored. */
interface NewCount {
  readonly number: number;
  readonly images: number;
  readonly direct: number;
}

/** Images with the same layers, and what is counted on them. */
interface OpenBase {
  readonly path: Uint8Array;
  readonly rows: PlacedRow[];
  images: number;
  direct: number;
}

/** Counts images on bases. Rows come in the order of their paths, so the bases of a row are those that are open. */
class BaseCounter {
  readonly #open: OpenBase[] = [];
  readonly #changed: NewCount[] = [];

  add(row: PlacedRow): void {
    for (let top = this.#open.at(-1); top !== undefined && !holds(top, row); top = this.#open.at(-1))
      this.#close();
    const top = this.#open.at(-1);
    const isSame = top !== undefined && top.path.length === row.path.length;
    const below = isSame ? this.#open.slice(0, -1) : this.#open;
    if (row.is_current === 1) {
      for (const base of below) base.images++;
      const nearest = below.at(-1);
      if (nearest !== undefined) nearest.direct++;
    }
    if (isSame) top.rows.push(row);
    // An image without layers is the base of none.
    else if (row.path.length > 0) this.#open.push({ path: row.path, rows: [row], images: 0, direct: 0 });
  }

  /** Returns the numbers that differ, after the last row. */
  end(): readonly NewCount[] {
    while (this.#open.length > 0) this.#close();
    return this.#changed;
  }

  #close(): void {
    const base = this.#open.pop();
    if (base === undefined) return;
    const { images, direct } = base;
    for (const row of base.rows)
      if (row.images !== images || row.direct !== direct)
        this.#changed.push({ number: row.known_image_id, images, direct });
  }
}

/** Whether a row has the layers of a base, and perhaps more. */
function holds({ path }: OpenBase, row: PlacedRow): boolean {
  return isPathBelow(path, row.path) || Buffer.compare(path, row.path) === 0;
}
