import type { Kysely } from 'kysely';
import type { DeliveryQueueStore } from '../notification-store.ts';
import type { Engine } from './engine.ts';
import { assertLeaseHeld } from './leases.ts';
import type { Tables } from './schema.ts';

/** The tables with undelivered messages. */
type DeliveryQueueTable = 'notification' | 'digest';

/** Returns the queue of such a table; `now` is in milliseconds since 1970. */
export function deliveryQueue(
  engine: Engine,
  table: DeliveryQueueTable,
  now: () => number,
): Pick<DeliveryQueueStore<unknown>, 'markNotified' | 'postpone'> {
  return {
    markNotified: (name, againAfterMs, lease) =>
      engine.write(async (writing) => {
        await writing.updateTable(table).set({ notified_at: now() }).where('name', '=', name).execute();
        await setDue(writing, table, { name, due: now() + againAfterMs });
        await assertLeaseHeld(writing, lease);
      }, 'own rows'),
    postpone: (name, until, lease) =>
      engine.write(async (writing) => {
        await setDue(writing, table, { name, due: until === 'ever' ? null : until.getTime() });
        await assertLeaseHeld(writing, lease);
      }, 'own rows'),
  };
}

/** Sets when a row is due; null means never. A deleted row is never due again, even if it is being delivered. */
async function setDue(
  db: Kysely<Tables>,
  table: DeliveryQueueTable,
  { name, due }: { readonly name: string; readonly due: number | null },
): Promise<void> {
  await db
    .updateTable(table)
    .set({ due_at: due })
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .execute();
}
