import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { omitUndefined, padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type { Severity } from '../../../model/severity.ts';
import type {
  FleetImageFilter,
  FleetImagePage,
  FleetImagePlace,
  ImageFindings,
  ImageOrder,
} from '../../finding-index-store.ts';
import type { UnreadPart } from '../../image-store.ts';
import type { PageRequest } from '../../page.ts';
import { pageNumbers, readKnownImages } from '../list-known-images.ts';
import type { Tables } from '../schema.ts';
import { isoTime } from '../times.ts';
import { containsText } from './conditions.ts';

type ImagePageRequest = PageRequest<FleetImagePlace> & { readonly order: ImageOrder };

/** Number of images per query. */
const imagesAtATime = 500;

/** Returns a page of known images with their findings. */
export async function pageImages(
  db: Kysely<Tables>,
  filter: FleetImageFilter,
  page: ImagePageRequest,
): Promise<FleetImagePage> {
  const found = await placesOfPage(db, filter, page);
  const shown = found.slice(0, page.limit);
  const known = await readKnownImages(
    db,
    shown.map(({ id }) => id),
  );
  const byNumber = new Map(known.map((image) => [image.number, image]));
  const findings = await findImages(
    db,
    known.map(({ image }) => image),
  );
  const images = shown.flatMap(({ id }) => {
    const image = byNumber.get(id);
    return image === undefined ? [] : [{ image, findings: findings.get(image.image) ?? null }];
  });
  const last = shown.at(-1);
  return { images, ...(found.length > page.limit && last !== undefined && { next: last.place }) };
}

/** The number of an image, and its place in the order of a list. */
interface PlacedImage {
  readonly id: number;
  readonly place: FleetImagePlace;
}

async function placesOfPage(
  db: Kysely<Tables>,
  filter: FleetImageFilter,
  page: ImagePageRequest,
): Promise<readonly PlacedImage[]> {
  const limit = page.limit + 1;
  if (page.order === 'risk') return await placesByRisk(db, filter, { ...page, limit });
  const [, after] = page.after ?? [];
  if (page.order === 'number' && isIndexed(filter)) {
    const numbers = pageNumbers(db, filter, { limit, ...(after !== undefined && { after }) });
    return (await numbers.execute()).map(({ id }) => ({ id, place: [0, id] }));
  }
  const isRising = page.order === 'number';
  let query = filtered(db, filter)
    .select('known_image.id')
    .orderBy('known_image.id', isRising ? 'asc' : 'desc')
    .limit(limit);
  if (after !== undefined) query = query.where('known_image.id', isRising ? '>' : '<', after);
  return (await query.execute()).map(({ id }) => ({ id, place: [0, id] }));
}

/** Whether a list by number has an index of its own: all images, those of a repository, or untagged ones. */
function isIndexed({ repository: _, isUntagged: __, ...others }: FleetImageFilter): boolean {
  return Object.keys(omitUndefined(others)).length === 0;
}

/** Value of the images that are not counted: the end of the list by risk. */
const uncounted = -1;

/** Returns counted images along the index of their risk, and then those that are not counted by falling number. */
async function placesByRisk(
  db: Kysely<Tables>,
  filter: FleetImageFilter,
  { limit, after }: PageRequest<FleetImagePlace>,
): Promise<readonly PlacedImage[]> {
  const [value, number] = after ?? [];
  const counted =
    value === uncounted
      ? []
      : await filtered(db, filter)
          .where('counted_image.image_id', 'is not', null)
          .$if(after !== undefined, (query) =>
            query.where(sql<boolean>`(counted_image.risk, counted_image.image_id) < (${value}, ${number})`),
          )
          .select(['known_image.id', 'counted_image.risk', 'counted_image.image_id'])
          .orderBy('counted_image.risk', 'desc')
          .orderBy('counted_image.image_id', 'desc')
          .limit(limit)
          .execute();
  const placed = counted.map(({ id, risk, image_id: image }): PlacedImage => ({ id, place: [risk, image] }));
  if (placed.length === limit) return placed;
  const others = await filtered(db, filter)
    .where('counted_image.image_id', 'is', null)
    .$if(value === uncounted, (query) => query.where('known_image.id', '<', number ?? 0))
    .select('known_image.id')
    .orderBy('known_image.id', 'desc')
    .limit(limit - placed.length)
    .execute();
  return [...placed, ...others.map(({ id }): PlacedImage => ({ id, place: [uncounted, id] }))];
}

const countOfSeverity = {
  ...{ Defcon1: 'defcon1', Critical: 'critical', High: 'high', Medium: 'medium' },
  ...{ Low: 'low', Negligible: 'negligible', Unknown: 'unknown' },
} as const satisfies Record<Severity, string>;

type ImageQuery = SelectQueryBuilder<
  Tables & { counted_image: { [Column in keyof Tables['counted_image']]: Tables['counted_image'][Column] } },
  'known_image' | 'counted_image',
  object
>;

/** Selects the known images that a filter has, with their counts. */
function filtered(db: Kysely<Tables>, filter: FleetImageFilter): ImageQuery {
  const { repository, isUntagged = false, text, namespace, label, severity, isFixable, isExploited } = filter;
  let query = db
    .selectFrom('known_image')
    .leftJoin('counted_image', 'counted_image.image_id', 'known_image.image_id') as unknown as ImageQuery;
  if (isUntagged) query = query.where('known_image.untagged_since', 'is not', null);
  if (repository !== undefined)
    query = query.where('known_image.id', 'in', (eb) =>
      eb.selectFrom('image_name').select('known_image_id').where('repository', '=', repository),
    );
  if (text !== undefined) query = query.where('known_image.id', 'in', imagesNamed(db, text));
  if (namespace !== undefined)
    query = query.where(containsExactly('counted_image.namespaces', JSON.stringify(namespace)));
  if (label !== undefined) query = query.where(containsExactly('known_image.labels', labelText(label)));
  if (severity !== undefined)
    query = query.where(`counted_image.${countOfSeverity[severity]}` as 'counted_image.high', '>', 0);
  if (isFixable !== undefined) query = query.where('counted_image.fixable', isFixable ? '>' : '=', 0);
  if (isExploited !== undefined) query = query.where('counted_image.exploited', isExploited ? '>' : '=', 0);
  return query;
}

/** Selects the images with a current name that contains a text, or a digest that begins with it. */
function imagesNamed(db: Kysely<Tables>, text: string) {
  const named = db
    .selectFrom('image_name')
    .select('known_image_id')
    .where('until', 'is', null)
    .where(containsText(sql`repository || ':' || tag`, text));
  if (!text.startsWith('sha256:')) return named;
  const digests = db
    .selectFrom('image_digest')
    .select('known_image_id')
    .where('digest', '>=', text)
    .where('digest', '<', `${text}g`);
  return named.union(digests);
}

/** A label as it is in the JSON of all labels. */
function labelText({ key, value }: NonNullable<FleetImageFilter['label']>): string {
  return `${JSON.stringify(key)}:${value === undefined ? '' : JSON.stringify(value)}`;
}

/** Returns the condition for a column to contain a text, in the same case. Engines have no other function for it in common. */
function containsExactly(column: string, text: string) {
  return sql<boolean>`replace(${sql.ref(column)}, ${text}, '') <> ${sql.ref(column)}`;
}

/** Returns the findings of images, by the numbers of their indexes. Leaves out those that are not counted. */
export async function findImages(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, ImageFindings>> {
  const found = new Map<number, ImageFindings>();
  for (const some of splitIntoChunks(images, imagesAtATime)) {
    const rows = await db
      .selectFrom('counted_image')
      .leftJoin('image', 'image.id', 'counted_image.image_id')
      .selectAll('counted_image')
      .select('image.unread')
      .where('counted_image.image_id', 'in', padToPowerOfTwo(some))
      .execute();
    for (const row of rows)
      found.set(row.image_id, {
        countedAt: isoTime(row.counted_at),
        // The text was written by `insertCountedImages`, so it needs no validation.
        namespaces: JSON.parse(row.namespaces) as string[],
        // The text was written by the images of the store.
        unread: row.unread === null ? [] : (JSON.parse(row.unread) as UnreadPart[]),
        bySeverity: {
          ...{ Defcon1: row.defcon1, Critical: row.critical, High: row.high, Medium: row.medium },
          ...{ Low: row.low, Negligible: row.negligible, Unknown: row.unknown },
        },
        ...{ fixable: row.fixable, exploited: row.exploited },
      });
  }
  return found;
}
