import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../kit/collections.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { compareText } from '../../model/order.ts';
import type { ImagePackage } from '../image-store.ts';
import { BulkWriter, skipKnownIdentities, type Value } from './bulk-writer.ts';
import { packageColumns, packageValues } from './image-package.ts';
import type { Tables } from './schema.ts';

const columns = ['identity', 'namespace_id', ...packageColumns];

/** A package as its columns without the identity. */
export interface PackageColumns {
  readonly values: readonly (Value | undefined)[];
  /** The values as text, without missing ones of columns that were added later. JSON writes undefined as null. */
  readonly text: string;
}

/** Number of columns whose missing values are a part of the text. Without those of later columns, packages keep their identity. */
const oldestColumns = 1 + packageColumns.indexOf('evidence');

/** Returns the columns of a package whose namespace has this number. */
export function columnsOfPackage(item: ImagePackage, namespace: number | null): PackageColumns {
  const values = packageValues(item, namespace);
  let length = values.length;
  while (length > oldestColumns && values[length - 1] === undefined) length--;
  const stated: (string | number | null | undefined)[] = [];
  for (let i = 0; i < length; i++) stated.push(toText(values[i]));
  return { values, text: JSON.stringify(stated) };
}

function toText(value: Value | undefined): string | number | null | undefined {
  return typeof value === 'object' && value !== null
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')
    : value;
}

/** Number of packages from which `node:crypto` hashes. It takes five milliseconds to load, and a fifth of the time for each package. */
const manyPackages = 500;

/** Returns packages by their identities, which are equal for equal columns. */
export function identifyPackages(
  packages: readonly PackageColumns[],
): readonly (readonly [string, PackageColumns])[] {
  const identityOf =
    packages.length < manyPackages
      ? (text: string) => sha256Of(text, 'base64url')
      : (text: string) => hash('sha256', text, 'base64url');
  return packages.map((columns) => [identityOf(columns.text), columns]);
}

/** Returns the numbers of packages by their identities. Adds missing packages. */
export async function upsertPackages(
  db: Kysely<Tables>,
  packages: ReadonlyMap<string, PackageColumns>,
): Promise<ReadonlyMap<string, number>> {
  const existing = await numbersOf(db, [...packages.keys()]);
  // In sorted order: of two writers that add the same, neither waits for a row of the other.
  const missing = [...packages]
    .filter(([identity]) => !existing.has(identity))
    .sort(([a], [b]) => compareText(a, b));
  if (missing.length === 0) return existing;
  const writer = new BulkWriter(db, 'package', columns, skipKnownIdentities);
  for (const [identity, { values }] of missing)
    await writer.add([identity, ...values.map((value) => value ?? null)]);
  await writer.finish();
  const added = await numbersOf(
    db,
    missing.map(([identity]) => identity),
  );
  return new Map([...existing, ...added]);
}

/** Number of identities per query. */
const identitiesAtATime = 100;

async function numbersOf(db: Kysely<Tables>, identities: readonly string[]): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const some of splitIntoChunks(identities, identitiesAtATime)) {
    const rows = await db
      .selectFrom('package')
      .select(['id', 'identity'])
      .where('identity', 'in', padToPowerOfTwo(some))
      .execute();
    for (const { id, identity } of rows) numbers.set(identity, id);
  }
  return numbers;
}

/** Number of packages per statement. */
const packagesAtATime = 500;

/** Deletes those of these packages that no set has any more. */
export async function dropUnusedPackages(db: Kysely<Tables>, packages: readonly number[]): Promise<void> {
  for (const some of splitIntoChunks(packages, packagesAtATime))
    await db
      .deleteFrom('package')
      .where('id', 'in', some)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('set_package')
              .select('position')
              .whereRef('set_package.package_id', '=', 'package.id'),
          ),
        ),
      )
      .execute();
}
