import { type Kysely, sql } from 'kysely';
import type { NamespaceGroup } from '../../finding-index-store.ts';
import type { Tables } from '../schema.ts';

/** Returns all known images in groups, by the namespaces of their packages and whether parts could not be read. */
export async function groupByNamespaces(db: Kysely<Tables>): Promise<readonly NamespaceGroup[]> {
  const isUnread = sql<number>`case when image.unread is null then 0 else 1 end`;
  const rows = await db
    .selectFrom('known_image')
    .leftJoin('counted_image', 'counted_image.image_id', 'known_image.image_id')
    .leftJoin('image', 'image.id', 'known_image.image_id')
    .select(['counted_image.namespaces', isUnread.as('is_unread')])
    .select(sql<number | string>`count(*)`.as('images'))
    .groupBy(['counted_image.namespaces', isUnread])
    .execute();
  return rows.map(({ namespaces, is_unread: unread, images }) => ({
    // The text was written by `insertCountedImages`, so it needs no validation.
    namespaces: namespaces === null ? null : (JSON.parse(namespaces) as string[]),
    isUnread: unread === 1,
    images: Number(images),
  }));
}
