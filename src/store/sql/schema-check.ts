import type { Kysely } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { settlesWithin } from '../../kit/async/timeout.ts';
import type { Engine, EngineConnection } from './engine.ts';
import { schemaVersion, type Tables } from './schema.ts';

/** Returns the error for a database that a later version of this program has migrated. */
export function laterSchemaError(code: 'store-unusable' | 'store-unavailable', found: number): ClairError {
  return new ClairError(
    code,
    `the database was written by a later version of this program (its schema is ${found}; this version supports ${schemaVersion}): update the program or choose another database`,
  );
}

/**
 * Returns an engine that refuses to write once a later version has migrated the database. The check is in the transaction, behind its
 * lock, so no migration can run between the check and the commit.
 */
export function refuseLaterSchema(engine: Engine): Engine {
  const checked = (connection: EngineConnection): EngineConnection => ({
    ...connection,
    write: (work, ...terms) =>
      connection.write(
        async (db) => {
          await assertSchema(engine, db);
          return await work(db);
        },
        ...terms,
      ),
  });
  return {
    ...engine,
    ...checked(engine),
    session: (work) => engine.session((connection) => work(checked(connection))),
  };
}

/**
 * Throws `store-unavailable` if a later version has migrated the database. Returns after `limits.storePingMs` if the database is busy: a
 * health check reports its availability separately.
 */
export async function checkSchema(engine: Engine): Promise<void> {
  await settlesWithin(assertSchema(engine, engine.db), limits.storePingMs);
}

async function assertSchema(engine: Engine, db: Kysely<Tables>): Promise<void> {
  if (engine.isReadOnly) return;
  const found = await engine.storedSchemaVersion(db);
  if (found > schemaVersion) throw laterSchemaError('store-unavailable', found);
}
