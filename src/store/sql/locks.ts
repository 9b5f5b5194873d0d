import type { LockStore } from '../lock-store.ts';
import type { Engine } from './engine.ts';

/**
 * Returns the locks of a store; `now` is in milliseconds since 1970. A lock is one row, taken or left by one statement. So a
 * process can renew a lock while it commits a feed for longer than the lock lasts.
 */
export function lockStore(engine: Engine, now: () => number): LockStore {
  return {
    acquire: (name, owner, forMs) =>
      engine.write(async (db) => {
        const held = { owner, expires_at: now() + forMs };
        const { numInsertedOrUpdatedRows: taken } = await db
          .insertInto('lock')
          .values({ name, ...held })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet(held)
              .where((eb) => eb.or([eb('lock.owner', '=', owner), eb('lock.expires_at', '<=', now())])),
          )
          .executeTakeFirstOrThrow();
        return taken === 1n;
      }, 'own rows'),
    release: (name, owner) =>
      engine.write(async (db) => {
        await db.deleteFrom('lock').where('name', '=', name).where('owner', '=', owner).execute();
      }, 'own rows'),
  };
}
