import type { Kysely } from 'kysely';
import type { Lease, LockStore } from '../lock-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/**
 * Returns the locks of a store; `now` is in milliseconds since 1970. A lock is one row, taken or left by one statement. So a
 * process can renew a lock while it commits a feed for longer than the lock lasts.
 */
export function lockStore(engine: Engine, now: () => number): LockStore {
  return {
    acquire: (name, owner, forMs) =>
      engine.write((db) => acquire(db, { name, owner }, { now: now(), forMs }), 'own rows'),
    renew: (lease, forMs) =>
      engine.write(async (db) => {
        const { numUpdatedRows: renewed } = await db
          .updateTable('lock')
          .set({ expires_at: now() + forMs })
          .where((eb) => eb.and({ ...lease }))
          .executeTakeFirstOrThrow();
        return renewed === 1n;
      }, 'own rows'),
    release: (lease) =>
      engine.write(async (db) => {
        await db
          .deleteFrom('lock')
          .where((eb) => eb.and({ ...lease }))
          .execute();
      }, 'own rows'),
  };
}

/** The number is the time, or one more than that of the previous holder. So it also rises where expired locks were deleted. */
async function acquire(
  db: Kysely<Tables>,
  holder: Omit<Lease, 'number'>,
  { now, forMs }: { readonly now: number; readonly forMs: number },
): Promise<Lease | undefined> {
  const expires = now + forMs;
  const taken = await db
    .insertInto('lock')
    .values({ ...holder, expires_at: expires, number: now })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet((eb) => ({
          owner: holder.owner,
          expires_at: expires,
          number: eb
            .case()
            .when('lock.number', '<', now)
            .then(eb.val(now))
            .else(eb('lock.number', '+', 1))
            .end(),
        }))
        .where('lock.expires_at', '<=', now),
    )
    .returning('number')
    .executeTakeFirst();
  return taken && { ...holder, number: taken.number };
}
