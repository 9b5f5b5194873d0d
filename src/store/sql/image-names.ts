import type { Expression, ExpressionBuilder, Kysely, Selectable, SqlBool } from 'kysely';
import type { Digest } from '../../model/digest.ts';
import { compareText } from '../../model/order.ts';
import type { ImageTag, NamePeriod, SeenImage } from '../known-image-store.ts';
import type { ImageNameTable } from './known-image-tables.ts';
import type { Tables } from './schema.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

/** A row, and whether the layers of its image were compared with their diffIDs. */
interface NameRow extends Selectable<ImageNameTable> {
  readonly is_verified: number;
}

/** Returns what names mean now, on each platform. */
export async function currentNameRows(db: Kysely<Tables>, names: readonly ImageTag[]): Promise<NameRow[]> {
  if (names.length === 0) return [];
  return await db
    .selectFrom('image_name')
    .innerJoin('known_image', 'known_image.id', 'image_name.known_image_id')
    .selectAll('image_name')
    .select('known_image.is_verified')
    .where((eb) => eb.or(names.map((name) => isName(eb, name))))
    .where('until', 'is', null)
    .orderBy('repository')
    .orderBy('tag')
    .orderBy('image_name.platform')
    .execute();
}

/** Returns the current tags of an image, `repository:tag`, sorted. */
export async function findTags(db: Kysely<Tables>, image: number): Promise<string[]> {
  const rows = await db
    .selectFrom('image_name')
    .select(['repository', 'tag'])
    .where('known_image_id', '=', image)
    .where('until', 'is', null)
    .execute();
  return rows.map(({ repository, tag }) => `${repository}:${tag}`).sort(compareText);
}

function isName(
  eb: ExpressionBuilder<Tables, 'image_name'>,
  { repository, tag }: ImageTag,
): Expression<SqlBool> {
  return eb.and([eb('repository', '=', repository), eb('tag', '=', tag)]);
}

/** Changes of a name after an image was seen: rows that end, and whether a new one begins. */
interface NameChange {
  readonly ended: readonly NameRow[];
  readonly begins: boolean;
  /** Whether the current row lacks the digest of what the name means. */
  readonly lacksRoot: boolean;
}

const unchanged: NameChange = { ended: [], begins: false, lacksRoot: false };

/**
 * Compares the current rows of a name with an image that has the name. In a registry, a name means one manifest or index. So rows of
 * another one end, whatever their platform is. Outside registries a name is a claim, and does not replace what a registry stated. If the
 * layers are only claims as well, it does not take a name from an image whose layers were verified.
 */
function changeOf(current: readonly NameRow[], image: number, seen: SeenImage): NameChange {
  const { platform, root } = seen;
  const own = current.find((row) => row.platform === (platform ?? ''));
  const isStated = own !== undefined && (own.root !== null || (own.is_verified === 1 && !seen.isVerified));
  if (root === undefined && isStated) return unchanged;
  const ended = current.filter((row) =>
    row === own ? row.known_image_id !== image : root !== undefined && row.root !== null && row.root !== root,
  );
  const stays = own !== undefined && own.known_image_id === image;
  return { ended, begins: !stays, lacksRoot: stays && root !== undefined && own.root !== root };
}

/** Returns whether the names of an image must be changed. */
export async function needsMove(db: Kysely<Tables>, image: number, seen: SeenImage): Promise<boolean> {
  const rows = await currentNameRows(db, seen.names);
  return seen.names.some((name) => {
    const { ended, begins, lacksRoot } = changeOf(
      rows.filter((row) => isOf(row, name)),
      image,
      seen,
    );
    return ended.length > 0 || begins || lacksRoot;
  });
}

function isOf(row: NameRow, { repository, tag }: ImageTag): boolean {
  return row.repository === repository && row.tag === tag;
}

/** Lets the names of an image mean it from now on, and records which images have lost their last name. */
export async function moveNames(
  db: Kysely<Tables>,
  { image, seen, now }: { readonly image: number; readonly seen: SeenImage; readonly now: number },
): Promise<void> {
  if (seen.names.length === 0) return;
  const rows = await currentNameRows(db, seen.names);
  const losers = new Set<number>();
  for (const name of seen.names) {
    const { ended, begins, lacksRoot } = changeOf(
      rows.filter((row) => isOf(row, name)),
      image,
      seen,
    );
    for (const row of ended) {
      await endRow(db, row, now);
      losers.add(row.known_image_id);
    }
    if (begins) await beginRow(db, name, { image, seen, now: afterAll(ended, now) });
    else if (lacksRoot) await setRoot(db, name, seen);
  }
  losers.delete(image);
  await db.updateTable('known_image').set({ untagged_since: null }).where('id', '=', image).execute();
  await markUntagged(db, [...losers], now);
}

/** Ends the current rows of names, and records which images have lost their last name. Returns the number of images. */
export async function endNames(db: Kysely<Tables>, names: readonly ImageTag[], now: number): Promise<number> {
  const rows = await currentNameRows(db, names);
  for (const row of rows) await endRow(db, row, now);
  const images = [...new Set(rows.map((row) => row.known_image_id))];
  await markUntagged(db, images, now);
  return images.length;
}

/** The start of a period is part of its key, so it is after that of the periods before. */
function afterAll(ended: readonly NameRow[], now: number): number {
  return Math.max(now, ...ended.map(({ since }) => since + 1));
}

async function endRow(
  db: Kysely<Tables>,
  { repository, tag, platform, since }: NameRow,
  now: number,
): Promise<void> {
  await db
    .updateTable('image_name')
    .set({ until: Math.max(now, since) })
    .where((eb) => eb.and({ repository, tag, platform, since }))
    .execute();
}

async function beginRow(
  db: Kysely<Tables>,
  { repository, tag }: ImageTag,
  { image, seen, now }: { readonly image: number; readonly seen: SeenImage; readonly now: number },
): Promise<void> {
  const content = { until: null, known_image_id: image, root: seen.root ?? null };
  await db
    .insertInto('image_name')
    .values({ repository, tag, platform: seen.platform ?? '', since: now, ...content })
    .onConflict((conflict) =>
      conflict.columns(['repository', 'tag', 'platform', 'since']).doUpdateSet(content),
    )
    .execute();
}

async function setRoot(
  db: Kysely<Tables>,
  { repository, tag }: ImageTag,
  { platform, root }: SeenImage,
): Promise<void> {
  await db
    .updateTable('image_name')
    .set({ root: root ?? null })
    .where((eb) => eb.and({ repository, tag, platform: platform ?? '' }))
    .where('until', 'is', null)
    .execute();
}

/** Records which of these images have no name any more. */
async function markUntagged(db: Kysely<Tables>, images: readonly number[], now: number): Promise<void> {
  if (images.length === 0) return;
  await db
    .updateTable('known_image')
    .set({ untagged_since: now })
    .where('id', 'in', images)
    .where('untagged_since', 'is', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('image_name')
            .select('image_name.tag')
            .whereRef('image_name.known_image_id', '=', 'known_image.id')
            .where('image_name.until', 'is', null),
        ),
      ),
    )
    .execute();
}

/** Returns what a name meant, the newest first. */
export async function nameHistory(db: Kysely<Tables>, name: ImageTag, limit: number): Promise<NamePeriod[]> {
  const rows = await db
    .selectFrom('image_name')
    .innerJoin('known_image', 'known_image.id', 'image_name.known_image_id')
    .select(['known_image.id', 'known_image.digest', 'image_name.root', 'image_name.platform'])
    .select(['image_name.since', 'image_name.until'])
    .where('image_name.repository', '=', name.repository)
    .where('image_name.tag', '=', name.tag)
    .orderBy('image_name.since', 'desc')
    .orderBy('image_name.platform')
    .limit(limit)
    .execute();
  return rows.map(({ id, digest, root, platform, since, until }) => ({
    number: id,
    digest: digest as Digest | null,
    root: root as Digest | null,
    platform: platform === '' ? null : platform,
    since: isoTime(since),
    until: isoTimeOrNull(until),
  }));
}
