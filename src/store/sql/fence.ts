import type { Kysely } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import type { Lease } from '../lock-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/**
 * Throws `store-conflict` if another process has taken over a lease. It must be the last statement of a transaction: it locks the row, so
 * that no process can take over before the commit. Earlier in the transaction, it would also delay the renewal of the lease.
 */
export async function assertLeaseHeld(db: Kysely<Tables>, lease: Lease | undefined): Promise<void> {
  if (lease === undefined) return;
  const { numUpdatedRows: held } = await db
    .updateTable('lock')
    .set((eb) => ({ number: eb.ref('number') }))
    .where((eb) => eb.and({ ...lease }))
    .executeTakeFirstOrThrow();
  if (held === 1n) return;
  throw new ClairError(
    'store-conflict',
    `this process lost the lock "${lease.name}" to another one, because it paused for too long: nothing was written; try again`,
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
