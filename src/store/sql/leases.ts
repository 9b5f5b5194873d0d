import { type Expression, type Kysely, sql } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import type { Lease } from '../lock-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/**
 * Returns the number of the next lease of a row: the time, or one more than that of the previous lease. So it also rises where rows were
 * deleted.
 */
export function nextLeaseNumber(table: Lease['table'], now: number): Expression<number> {
  const number = sql.ref(`${table}.number`);
  const time = sql<number>`cast(${now} as bigint)`;
  return sql<number>`case when ${number} < ${time} then ${time} else ${number} + 1 end`;
}

/** Returns the columns that select the row of a lease until another process takes over. */
export function leaseKey({ name, owner, number }: Lease): Pick<Lease, 'name' | 'owner' | 'number'> {
  return { name, owner, number };
}

/** Extends a lease until a time in milliseconds since 1970. Returns false if another process has taken over. */
export async function renewLease(db: Kysely<Tables>, lease: Lease, until: number): Promise<boolean> {
  const { numUpdatedRows: renewed } = await db
    .updateTable(lease.table)
    .set({ expires_at: until })
    .where((eb) => eb.and(leaseKey(lease)))
    .executeTakeFirstOrThrow();
  return renewed === 1n;
}

/**
 * Throws `store-conflict` if another process has taken over a lease. It must be the last statement of a transaction: it locks the row, so
 * that no process can take over before the commit. Earlier in the transaction, it would also delay the renewal of the lease.
 */
export async function assertLeaseHeld(db: Kysely<Tables>, lease: Lease | undefined): Promise<void> {
  if (lease === undefined) return;
  const { numUpdatedRows: held } = await db
    .updateTable(lease.table)
    .set((eb) => ({ number: eb.ref('number') }))
    .where((eb) => eb.and(leaseKey(lease)))
    .executeTakeFirstOrThrow();
  if (held !== 1n) throw lostLeaseError(lease);
}

/** Returns the error for a write under a lease that another process has taken over. */
export function lostLeaseError({ table, name }: Lease): ClairError {
  return new ClairError(
    'store-conflict',
    `this process lost the ${table} "${name}" to another one, because it paused for too long: nothing was written; try again`,
  );
}

/** Returns an engine whose writes throw `store-conflict` once another process has taken over a lease. */
export function fencedEngine(engine: Engine, lease: Lease): Engine {
  return {
    ...engine,
    write: (work, ...terms) =>
      engine.write(
        async (db) => {
          const result = await work(db);
          await assertLeaseHeld(db, lease);
          return result;
        },
        ...terms,
      ),
  };
}
