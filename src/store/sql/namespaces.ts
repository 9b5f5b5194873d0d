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
  async findOrCreateNumber(
    connection: EngineConnection,
    { name, versionScheme }: Namespace,
  ): Promise<number> {
    const stored = await this.#findOrCreate(connection, { name, versionScheme });
    if (!isSame(stored.versionScheme, versionScheme)) {
      throw new ClairError(
        'store-unusable',
        `the database orders the versions of ${name} by the scheme ${stored.versionScheme}, not by ${versionScheme}: use another database`,
      );
    }
    this.#cache.set(name, stored);
    return stored.id;
  }

  async #findOrCreate(connection: EngineConnection, namespace: Namespace): Promise<NumberedNamespace> {
    const learnsScheme = ({ versionScheme }: NumberedNamespace): boolean =>
      versionScheme === unknownScheme && namespace.versionScheme !== unknownScheme;
    const known = this.#cache.get(namespace.name);
    if (known !== undefined && !learnsScheme(known)) return known;
    const found = await find(connection.db, namespace.name);
    if (found !== undefined && !learnsScheme(found)) return found;
    return await connection.write((db) => add(db, namespace));
  }
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

async function add(db: Kysely<Tables>, { name, versionScheme }: Namespace): Promise<NumberedNamespace> {
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
  if (added === undefined) throw new Error(`the namespace ${name} vanished`);
  return added;
}
