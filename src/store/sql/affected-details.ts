import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import type { Digest } from '../../model/digest.ts';
import { compareText } from '../../model/order.ts';
import type { TargetKind } from '../../model/report.ts';
import type { AffectedImage } from '../image-store.ts';
import { type PackageRow, packageColumns } from './image-package.ts';
import { decodeOrder, type PackagePositions } from './package-order.ts';
import { type PartValues, readPart, type StoredPart } from './part-values.ts';
import type { Tables } from './schema.ts';
import { readSharedValues } from './shared-values.ts';
import { isoTimeOrNull } from './times.ts';

/** The details of an image besides its packages. */
export interface ImageDetails {
  readonly identity: string;
  /** Its tags, and the names of the ancestries and v1 layers that refer to it, sorted. */
  readonly names: readonly string[];
  readonly known: AffectedImage['known'];
  /** Whether a newer index of the same image exists, and no client names this one. */
  readonly isSuperseded: boolean;
  /** The parts that were requested, by their numbers. */
  readonly parts: ReadonlyMap<number, PartValues>;
  readonly positionOf: PackagePositions;
}

/** Returns the details of images and parts of them. Leaves out images that do not exist. */
export async function findImageDetails(
  db: Kysely<Tables>,
  wanted: readonly { readonly image: number; readonly part: number }[],
): Promise<ReadonlyMap<number, ImageDetails>> {
  const images = [...new Set(wanted.map(({ image }) => image))];
  const rows = await detailRows(db, images, [...new Set(wanted.map(({ part }) => part))]).execute();
  const found = new Map<number, ImageDetails>();
  for (const ofImage of Map.groupBy(rows, ({ id }) => id).values()) {
    const [first] = ofImage;
    if (first === undefined || first.identity === null) continue;
    const { id, identity, package_order: order } = first;
    const shared = readSharedValues(first);
    const parts = new Map(
      ofImage.flatMap((row) => {
        const part = partOf(row);
        return part === undefined ? [] : [[part.part, readPart(part, shared)] as const];
      }),
    );
    const names = namesOf(ofImage);
    const isSuperseded =
      first.newest !== null && first.newest !== id && !ofImage.some(({ is_client_name: is }) => is === 1);
    const { positionOf, known } = { positionOf: decodeOrder(order), known: knownOf(first, ofImage) };
    found.set(id, { identity, names, known, isSuperseded, parts, positionOf });
  }
  return found;
}

function knownOf(row: DetailRow, rows: readonly DetailRow[]): AffectedImage['known'] {
  const { known_image: number, reference, origin, platform, digest, untagged_since: since } = row;
  if (number === null || reference === null || origin === null) return null;
  const untaggedSince = isoTimeOrNull(since);
  const isVerified = row.is_verified === 1;
  const tags = namesOf(rows.filter(({ is_client_name: isOfClient }) => isOfClient === 0));
  const content = { number, reference, origin, platform, digest: digest as Digest | null };
  return { ...content, untaggedSince, isVerified, tags };
}

/** Returns the names of an image, sorted. */
export async function findImageNames(db: Kysely<Tables>, image: number): Promise<string[]> {
  return namesOf(await detailRows(db, [image], []).execute());
}

/** A part of an image, or the image itself if no part is wanted; or one of its names, and nothing else. */
interface DetailRow {
  readonly id: number;
  readonly identity: string | null;
  readonly repositories: string | null;
  readonly package_layers: string | null;
  readonly package_order: string | null;
  readonly part: number | null;
  readonly layer: number | null;
  readonly part_repositories: number | null;
  readonly path: string | null;
  readonly paths: Uint8Array | null;
  readonly name: string | null;
  readonly is_client_name: number;
  /** The number of the known image; null if no scan has read it. */
  readonly known_image: number | null;
  /** The newest index of the image; null if no scan has read it. */
  readonly newest: number | null;
  readonly reference: string | null;
  readonly origin: TargetKind | null;
  readonly platform: string | null;
  readonly digest: string | null;
  readonly untagged_since: number | null;
  readonly is_verified: number | null;
}

function namesOf(rows: readonly DetailRow[]): string[] {
  return [...new Set(rows.flatMap(({ name }) => name ?? []))].sort(compareText);
}

function partOf(row: DetailRow): StoredPart | undefined {
  // To destructure the rest of a row would copy all of its columns, for each of millions of images.
  const { part, layer, part_repositories: repositories, path, paths } = row;
  return part === null ? undefined : { part, layer, repositories, path, paths };
}

const text = sql<string | null>`null`;
const number = sql<number | null>`null`;
/** The columns of a part and of the image, in a row of a name. */
const nothing = [
  text.as('identity'),
  text.as('repositories'),
  text.as('package_layers'),
  text.as('package_order'),
  number.as('part'),
  number.as('layer'),
  number.as('part_repositories'),
  text.as('path'),
  sql<Uint8Array | null>`null`.as('paths'),
] as const;
/** The columns of what a scan knows, in a row of a name. */
const unknown = [
  number.as('known_image'),
  number.as('newest'),
  text.as('reference'),
  sql<TargetKind | null>`null`.as('origin'),
  text.as('platform'),
  text.as('digest'),
  number.as('untagged_since'),
  number.as('is_verified'),
] as const;
const [ofClient, ofTag] = [sql<number>`1`.as('is_client_name'), sql<number>`0`.as('is_client_name')];

/** Selects images with these of their parts, then the names of the images. */
function detailRows(
  db: Kysely<Tables>,
  images: readonly number[],
  parts: readonly number[],
): SelectQueryBuilder<Tables, never, DetailRow> {
  return db
    .with('wanted', (query) =>
      query
        .selectFrom('image')
        .select(['id', 'identity', 'repositories', 'package_layers', 'package_order', 'known_image'])
        .where('id', 'in', padToPowerOfTwo(images)),
    )
    .selectFrom('wanted')
    .leftJoin('image_set', (join) =>
      join.onRef('image_set.image_id', '=', 'wanted.id').on('image_set.part', 'in', padToPowerOfTwo(parts)),
    )
    .leftJoin('known_image', 'known_image.id', 'wanted.known_image')
    .select(['wanted.id', sql<string | null>`wanted.identity`.as('identity'), 'wanted.repositories'])
    .select(['wanted.package_layers', 'wanted.package_order', 'image_set.part', 'image_set.layer'])
    .select(['image_set.repositories as part_repositories', 'image_set.path', 'image_set.paths'])
    .select([text.as('name'), ofTag, 'known_image.id as known_image', 'known_image.image_id as newest'])
    .select(['known_image.reference', 'known_image.origin', 'known_image.platform'])
    .select(['known_image.digest', 'known_image.untagged_since', 'known_image.is_verified'])
    .unionAll((query) =>
      query
        .selectFrom('wanted')
        // Engines take the few that are wanted first.
        .crossJoin('ancestry')
        .whereRef('ancestry.image_id', '=', 'wanted.id')
        .select('wanted.id')
        .select([...nothing, 'ancestry.name', ofClient, ...unknown]),
    )
    .unionAll((query) =>
      query
        .selectFrom('wanted')
        .crossJoin('v1_layer')
        .whereRef('v1_layer.image_id', '=', 'wanted.id')
        .select('wanted.id')
        .select([...nothing, 'v1_layer.name', ofClient, ...unknown]),
    )
    .unionAll((query) =>
      query
        .selectFrom('wanted')
        .crossJoin('image_name')
        .whereRef('image_name.known_image_id', '=', 'wanted.known_image')
        .where('image_name.until', 'is', null)
        .select('wanted.id')
        .select(nothing)
        .select(sql<string>`image_name.repository || ':' || image_name.tag`.as('name'))
        .select([ofTag, ...unknown]),
    );
}

/** Returns packages by their numbers. */
export async function findPackages(
  db: Kysely<Tables>,
  packages: readonly number[],
): Promise<ReadonlyMap<number, PackageRow>> {
  const rows = await db
    .selectFrom('package')
    .select(['id', ...packageColumns])
    .where('id', 'in', padToPowerOfTwo(packages))
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}
