import { sql } from 'kysely';
import type { NamedTable, Numbering } from '../engine.ts';

/**
 * Numbers by sequences. A sequence does not wait for other transactions. A counter row would: all new names would be saved one after
 * another, and a client that hangs in a transaction would block all others.
 */
export const sequenceNumbering: Numbering = {
  async next(db, table) {
    const { rows } = await sql<{ number: number }>`select nextval(${sequenceOf(table)}) as number`.execute(
      db,
    );
    const [row] = rows;
    if (row === undefined) throw new Error(`the sequence of ${table} returned nothing`);
    return row.number;
  },
  async continueCounter(db, table) {
    const sequence = sql.id(`${table}_number_seq`);
    await sql`create sequence ${sequence}`.execute(db);
    await sql`select setval(${sequenceOf(table)}, highest.number) from (${highestNumber(table)}) highest
      where highest.number > 0`.execute(db);
    await db.deleteFrom('id_counter').where('name', '=', table).execute();
  },
};

function sequenceOf(table: NamedTable) {
  return sql.lit(`${table}_number_seq`);
}

/** Returns the highest number that a table or its counter has. */
function highestNumber(table: NamedTable) {
  return sql`select greatest(
    (select last_id from id_counter where name = ${table}),
    (select max(number) from ${sql.table(table)})
  ) as number`;
}
