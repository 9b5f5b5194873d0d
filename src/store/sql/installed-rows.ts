import { type ExpressionBuilder, type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { KeyRange } from '../../plugin/version-scheme.ts';
import type { AffectedCursor } from './affected-cursor.ts';
import type { AffectedTarget } from './affected-targets.ts';
import { lookupColumns, packagesMatchedBy } from './match-key.ts';
import type { Tables } from './schema.ts';

/** Version keys of one package (null for versions without a key), optionally after a cursor. */
export interface ScanRange {
  readonly target: AffectedTarget;
  readonly keys: KeyRange | null;
  readonly behind?: AffectedCursor | undefined;
}

/** One package of one image. */
export interface InstalledRow {
  readonly key: Uint8Array | null;
  readonly image: number;
  readonly position: number;
  readonly package: number;
  readonly layer: number | null;
  readonly repositories: number | null;
}

/**
 * Selects the first rows of a range, at most `limit`, by key and image.
 *
 * Reads packages in the order of their keys, and the images of each in order, as far as they can be among the first rows. So a
 * package that many images share is not read completely.
 */
export function installedRows(
  db: Kysely<Tables>,
  { target, keys, behind }: ScanRange,
  rowsMax: number,
): SelectQueryBuilder<Tables, 'package', InstalledRow> {
  const { name, key } = lookupColumns[target.by];
  const after = imageBehind(behind, key);
  return packagesMatchedBy(db, target.by)
    .innerJoin('image_package as installed', 'installed.package_id', 'package.id')
    .where('package.namespace_id', '=', target.namespaceId)
    .where(name, '=', target.package)
    .where((eb) =>
      keys === null
        ? eb(key, 'is', null)
        : eb.and([eb(key, '>=', behind?.key ?? keys.lo), eb(key, '<', keys.hi)]),
    )
    .where('installed.image_id', '>', after)
    .where((eb) => eb('installed.image_id', '<=', lastImage(eb, after, rowsMax)))
    .select([
      `${key} as key`,
      'package.id as package',
      'installed.image_id as image',
      'installed.position',
      'installed.layer',
      'installed.repositories',
    ])
    .orderBy(key)
    .orderBy('installed.image_id')
    .limit(rowsMax);
}

/** Returns the image after which a package is read. Only under the key of the cursor, earlier images were already returned. */
function imageBehind(behind: AffectedCursor | undefined, key: string): RawBuilder<number> {
  if (behind === undefined) return sql`0`;
  if (behind.key === null) return sql`${behind.image}`;
  return sql`case when ${sql.ref(key)} = ${behind.key} then cast(${behind.image} as bigint) else 0 end`;
}

/** Selects the image at which a single package fills all requested rows. */
function lastImage(eb: ExpressionBuilder<Tables, 'package'>, after: RawBuilder<number>, rowsMax: number) {
  const nth = eb
    .selectFrom('image_package as nth')
    .select('nth.image_id')
    .whereRef('nth.package_id', '=', 'package.id')
    .where('nth.image_id', '>', after)
    .orderBy('nth.image_id')
    .limit(1)
    .offset(rowsMax - 1);
  return eb.fn.coalesce(nth, eb.val(Number.MAX_SAFE_INTEGER));
}
