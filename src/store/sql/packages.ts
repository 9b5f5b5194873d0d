import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../kit/collections.ts';
import { compareText } from '../../model/order.ts';
import type { ImagePackage } from '../image-store.ts';
import { BulkWriter, type Value } from './bulk-writer.ts';
import { packageColumns, packageValues } from './image-package.ts';
import type { Tables } from './schema.ts';

const columns = ['identity', 'namespace_id', ...packageColumns];

/** A package as its columns, the first of which identifies it. */
export type PackageValues = readonly [identity: string, ...Value[]];

/** Returns the columns of a package whose namespace has this number. */
export function packageRowValues(item: ImagePackage, namespace: number | null): PackageValues {
  const values = [namespace, ...packageValues(item)];
  return [identityOf(values), ...values];
}

function identityOf(values: readonly Value[]): string {
  const texts = values.map((value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
  return hash('sha256', JSON.stringify(texts), 'base64url');
}

/** Returns the numbers of packages by their identities. Adds missing packages. */
export async function upsertPackages(
  db: Kysely<Tables>,
  packages: readonly PackageValues[],
): Promise<ReadonlyMap<string, number>> {
  // In sorted order: of two writers that add the same, neither waits for a row of the other.
  const ordered = [...new Map(packages.map((values) => [values[0], values])).values()].sort(([a], [b]) =>
    compareText(a, b),
  );
  const existing = await numbersOf(db, ordered);
  const missing = ordered.filter(([identity]) => !existing.has(identity));
  if (missing.length === 0) return existing;
  const writer = new BulkWriter(db, 'package', columns, 'identity');
  for (const values of missing) await writer.add(values);
  await writer.finish();
  return new Map([...existing, ...(await numbersOf(db, missing))]);
}

/** Number of identities per query. */
const identitiesAtATime = 100;

async function numbersOf(
  db: Kysely<Tables>,
  packages: readonly PackageValues[],
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const some of splitIntoChunks(packages, identitiesAtATime)) {
    const identities = some.map(([identity]) => identity);
    const rows = await db
      .selectFrom('package')
      .select(['id', 'identity'])
      .where('identity', 'in', padToPowerOfTwo(identities))
      .execute();
    for (const { id, identity } of rows) numbers.set(identity, id);
  }
  return numbers;
}

/** Number of packages per statement. */
const packagesAtATime = 500;

/** Deletes those of these packages that no image has any more. */
export async function dropUnusedPackages(db: Kysely<Tables>, packages: readonly number[]): Promise<void> {
  for (const some of splitIntoChunks(packages, packagesAtATime))
    await db
      .deleteFrom('package')
      .where('id', 'in', some)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('image_package')
              .select('position')
              .whereRef('image_package.package_id', '=', 'package.id'),
          ),
        ),
      )
      .execute();
}
