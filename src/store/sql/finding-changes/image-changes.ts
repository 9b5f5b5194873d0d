import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import { noRank } from './change-rows.ts';
import { countKept, findRebuilt, findReplaced } from './rebuilt-images.ts';
import type { FindingChange } from './record-changes.ts';

/** Returns what images change that are counted from now on. Their rows are in `counted_image`. */
export async function changesOfAdded(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<FindingChange[]> {
  const earlier = await imagesWithEarlierIndex(db, images);
  const counted = await countedImages(db, images);
  const replaced = await findReplaced(db, numbersOf(counted));
  const changes: FindingChange[] = [];
  for (const { image, number, subject, findings } of counted) {
    const change = { ...changeOf(subject), opened: findings };
    const rebuilt = replaced.get(number ?? 0);
    if (earlier.has(image)) changes.push({ ...change, cause: 'image-read-again' });
    else if (rebuilt === undefined) changes.push({ ...change, cause: 'image-added' });
    else changes.push({ ...change, cause: 'image-rebuilt', kept: await countKept(db, rebuilt) });
  }
  return changes;
}

/** Returns what images change that are not counted any more. Their rows are still in `counted_image`. */
export async function changesOfRemoved(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<FindingChange[]> {
  const counted = await countedImages(db, images);
  const replacements = await findRebuilt(db, numbersOf(counted));
  const changes: FindingChange[] = [];
  for (const { image, number, newest, subject, findings } of counted) {
    const change = { ...changeOf(subject), closed: findings };
    const rebuilt = replacements.get(number ?? 0);
    if (newest !== undefined && newest !== image) changes.push({ ...change, cause: 'image-read-again' });
    else if (rebuilt === undefined) changes.push({ ...change, cause: 'image-removed' });
    else {
      const kept = await countKept(db, { ...rebuilt, earlierIndex: image });
      changes.push({ ...change, cause: 'image-rebuilt', subject: rebuilt.subject, kept });
    }
  }
  return changes;
}

function numbersOf(counted: readonly CountedImage[]): number[] {
  return counted.flatMap(({ number }) => (number === null ? [] : [number]));
}

function changeOf(subject: string): Omit<FindingChange, 'cause'> {
  return { subject, rank: noRank, opened: 0, closed: 0, rerated: 0 };
}

interface CountedImage {
  readonly image: number;
  /** That of the known image. Null if no scan has read it. */
  readonly number: number | null;
  readonly subject: string;
  /** The newest index of the image. Undefined if it has lost its names, or if no scan has read it. */
  readonly newest: number | undefined;
  readonly findings: number;
}

async function countedImages(db: Kysely<Tables>, images: readonly number[]): Promise<CountedImage[]> {
  const rows = await db
    .selectFrom('counted_image')
    .leftJoin('image', (join) =>
      join
        .onRef('image.id', '=', 'counted_image.image_id')
        .onRef('image.identity', '=', 'counted_image.identity'),
    )
    .leftJoin('known_image', 'known_image.id', 'image.known_image')
    .selectAll('counted_image')
    .select(['known_image.id as number', 'known_image.identity as known', 'known_image.image_id as newest'])
    .select('known_image.untagged_since as untagged')
    .where('counted_image.image_id', 'in', images)
    .execute();
  return rows.map(({ number, known, newest, untagged, ...row }) => ({
    image: row.image_id,
    number,
    subject: known ?? row.identity,
    newest: untagged === null ? (newest ?? undefined) : undefined,
    findings: row.defcon1 + row.critical + row.high + row.medium + row.low + row.negligible + row.unknown,
  }));
}

async function imagesWithEarlierIndex(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await db
    .selectFrom('image')
    .innerJoin('image as earlier', 'earlier.known_image', 'image.known_image')
    .select('image.id')
    .distinct()
    .whereRef('earlier.id', '<', 'image.id')
    .where('image.id', 'in', images)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
