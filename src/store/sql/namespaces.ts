import type { Kysely } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import type { Namespace } from '../../model/namespace.ts';
import type { EngineConnection } from './engine.ts';
import type { Tables } from './schema.ts';

interface NumberedNamespace extends Namespace {
  readonly id: number;
}

/** Scheme of a namespace that was saved before its version scheme was known. */
const unknownScheme = '';

/** The numbers of namespaces. They never change, so they are cached. The absence of a name is not cached. */
export class Namespaces {
  readonly #cache = new Map<string, NumberedNamespace>();

  /** Returns the number of a namespace that is cached; for loops in which awaiting `findOrCreateNumber` is too slow. */
  cachedNumber({ name, versionScheme }: Namespace): number | undefined {
    const known = this.#cache.get(name);
    return known !== undefined && isSame(known.versionScheme, versionScheme) ? known.id : undefined;
  }

  /**
   * Returns the number of a namespace, allocating it if the namespace is new. A namespace has one version scheme, known from the
   * start or set later. Throws `store-unusable` for another scheme.
   */
  async findOrCreateNumber(connection: EngineConnection, namespace: Namespace): Promise<number> {
    const { id, isComplete } = await this.find(connection.db, namespace);
    if (id !== undefined && isComplete) return id;
    const added = await connection.write((db) => add(db, namespace));
    this.#cache.set(namespace.name, added);
    return added.id;
  }

  /**
   * Returns the number of a namespace; undefined if it is new. It is complete unless its version scheme is not yet stored. Throws
   * `store-unusable` for another scheme.
   */
  async find(
    db: Kysely<Tables>,
    namespace: Namespace,
  ): Promise<{ readonly id?: number; readonly isComplete: boolean }> {
    const known = this.#cache.get(namespace.name);
    if (known !== undefined && isComplete(known, namespace)) return { id: known.id, isComplete: true };
    const found = await find(db, namespace.name);
    if (found === undefined) return { isComplete: false };
    if (!isComplete(found, namespace)) return { id: found.id, isComplete: false };
    this.#cache.set(found.name, found);
    return { id: found.id, isComplete: true };
  }

  /** Adds a namespace, or its version scheme, in a transaction; returns its number. Not cached, because the transaction may fail. */
  async add(db: Kysely<Tables>, namespace: Namespace): Promise<number> {
    return (await add(db, namespace)).id;
  }
}

/** Returns whether a stored namespace has its version scheme. Throws `store-unusable` for another scheme. */
export function isComplete(
  { name, versionScheme: stored }: Namespace,
  { versionScheme }: Namespace,
): boolean {
  if (isSame(stored, versionScheme)) return true;
  if (stored === unknownScheme) return false;
  throw new ClairError(
    'store-unusable',
    `the database orders the versions of ${name} by the scheme ${stored}, not by ${versionScheme}: use another database`,
  );
}

/** Returns whether the schemes agree. An unknown wanted scheme agrees with any. */
function isSame(stored: string, wanted: string): boolean {
  return wanted === unknownScheme || stored === wanted;
}

async function find(db: Kysely<Tables>, name: string): Promise<NumberedNamespace | undefined> {
  return await db
    .selectFrom('namespace')
    .select(['id', 'name', 'version_scheme as versionScheme'])
    .where('name', '=', name)
    .executeTakeFirst();
}

async function add(db: Kysely<Tables>, namespace: Namespace): Promise<NumberedNamespace> {
  const { name, versionScheme } = namespace;
  await db
    .insertInto('namespace')
    .values({ name, version_scheme: versionScheme })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ version_scheme: versionScheme })
        .where('namespace.version_scheme', '=', unknownScheme),
    )
    .execute();
  const added = await find(db, name);
  if (added === undefined || !isComplete(added, namespace)) throw new Error(`the namespace ${name} vanished`);
  return added;
}
