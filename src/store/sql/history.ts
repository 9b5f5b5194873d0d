import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import type { AsOf } from '../page.ts';
import { readValue, writeValue } from './key-values.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

/** Key of the time since which the history is complete. */
const historySince = 'store/history-since';

/** Returns the queried time in milliseconds; undefined for now. Throws `usage` for a time outside the history. */
export async function momentOf(db: Kysely<Tables>, { asOf }: AsOf, now: number): Promise<number | undefined> {
  if (asOf === undefined) return undefined;
  const moment = Date.parse(asOf);
  if (Number.isNaN(moment))
    throw new ClairError('usage', `${asOf} is not a valid time; write it as 2026-01-31T12:00:00Z`);
  if (moment > now) throw new ClairError('usage', `${asOf} is in the future`);
  const since = await readHistorySince(db);
  if (moment >= since) return moment;
  throw new ClairError(
    'usage',
    `${asOf} is before the retained history: the database goes back to ${isoTime(since)}`,
  );
}

/** Returns the condition for a record to be current at a moment, or now. */
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

/** Returns since when the history is complete, in milliseconds; 0 means since the beginning. */
export async function readHistorySince(db: Kysely<Tables>): Promise<number> {
  return Number((await readValue(db, historySince)) ?? 0);
}

/** Writes since when the history is complete. */
export async function writeHistorySince(db: Kysely<Tables>, since: number): Promise<void> {
  await writeValue(db, historySince, String(since));
}
