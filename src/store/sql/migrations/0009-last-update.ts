import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/**
 * Adds the time of the last update for programs that read the database of Clair 2. It is in the table `keyvalue` under the key
 * `updater/last`, in seconds since 1970 as text. It equals `last_update_time` of the v3 API. There is no row until advisories are
 * loaded.
 */
export async function addLastUpdate(db: Kysely<Tables>): Promise<void> {
  await sql`
    create view keyvalue as
    select 'updater/last' as key, cast(min(checked_at) / 1000 as text) as value
    from feed
    where presence = 'loaded' and source <> 'api'
    having count(*) > 0
  `.execute(db);
}
