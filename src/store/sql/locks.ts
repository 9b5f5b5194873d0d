import type { Kysely } from 'kysely';
import type { Lease, LockStore } from '../lock-store.ts';
import type { Engine } from './engine.ts';
import { leaseKey, nextLeaseNumber, renewLease } from './leases.ts';
import type { Tables } from './schema.ts';

/**
 * Returns the locks of a store; `now` is in milliseconds since 1970. A lock is one row, taken or left by one statement. So a
 * process can renew a lock while it commits a feed for longer than the lock lasts.
 */
export function lockStore(engine: Engine, now: () => number): LockStore {
  return {
    acquire: (name, owner, forMs) =>
      engine.write((db) => acquire(db, { table: 'lock', name, owner }, { now: now(), forMs }), 'own rows'),
    renew: (lease, forMs) => engine.write((db) => renewLease(db, lease, now() + forMs), 'own rows'),
    release: (lease) =>
      engine.write(async (db) => {
        await db
          .deleteFrom('lock')
          .where((eb) => eb.and(leaseKey(lease)))
          .execute();
      }, 'own rows'),
  };
}

async function acquire(
  db: Kysely<Tables>,
  holder: Omit<Lease, 'number'>,
  { now, forMs }: { readonly now: number; readonly forMs: number },
): Promise<Lease | undefined> {
  const { name, owner } = holder;
  const expires = now + forMs;
  const taken = await db
    .insertInto('lock')
    .values({ name, owner, expires_at: expires, number: now })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ owner, expires_at: expires, number: nextLeaseNumber('lock', now) })
        .where('lock.expires_at', '<=', now),
    )
    .returning('number')
    .executeTakeFirst();
  return taken && { ...holder, number: taken.number };
}
