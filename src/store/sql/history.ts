import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import type { AsOf } from '../store.ts';
import { readValue, writeValue } from './key-values.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

/** The key of the time from which on the history is whole. */
const historySince = 'store/history-since';

/** A point in time a reader asks for, undefined for now. Throws `usage` for a time the store knows nothing of. */
export async function momentOf(db: Kysely<Tables>, { asOf }: AsOf, now: number): Promise<number | undefined> {
  if (asOf === undefined) return undefined;
  const moment = Date.parse(asOf);
  if (Number.isNaN(moment))
    throw new ClairError('usage', `${asOf} is no time; say it as 2026-01-31T12:00:00Z`);
  if (moment > now) throw new ClairError('usage', `${asOf} lies in the future: nothing is known of it yet`);
  const since = await readHistorySince(db);
  if (moment >= since) return moment;
  throw new ClairError(
    'usage',
    `what was known at ${asOf} is no longer kept: the database goes back to ${isoTime(since)}`,
  );
}

/** What a record has to be for it to be in force at a moment, or now. */
export function isValidAt(
  eb: ExpressionBuilder<Tables, 'vulnerability'>,
  moment: number | undefined,
): Expression<SqlBool> {
  if (moment === undefined) return eb('vulnerability.valid_to', 'is', null);
  return eb.and([
    eb('vulnerability.valid_from', '<=', moment),
    eb.or([eb('vulnerability.valid_to', 'is', null), eb('vulnerability.valid_to', '>', moment)]),
  ]);
}

/** From when on the history is whole, in milliseconds; 0 for from the beginning. */
export async function readHistorySince(db: Kysely<Tables>): Promise<number> {
  return Number((await readValue(db, historySince)) ?? 0);
}

/** Writes from when on the history is whole. */
export async function writeHistorySince(db: Kysely<Tables>, since: number): Promise<void> {
  await writeValue(db, historySince, String(since));
}
