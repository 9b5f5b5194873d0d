import type { Kysely } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import type { Engine } from './engine.ts';
import type { StagedMigration } from './migrations/migration.ts';
import { schemaVersion, type Tables } from './schema.ts';
import { laterSchemaError } from './schema-check.ts';

/**
 * Migrates the tables, one migration after the other. Several processes may do so simultaneously: the second finds the migration
 * applied. The statement timeout does not apply: with it, a large database would fail at every start. Throws `store-unusable` for a
 * schema of a later version.
 */
export async function migrate(engine: Engine): Promise<void> {
  const found = await engine.schemaVersion(engine.db);
  if (found === schemaVersion) return;
  if (found > schemaVersion) throw laterSchemaError('store-unusable', found);
  if (engine.isReadOnly) {
    const state =
      found === 0
        ? 'is empty'
        : `has the tables of an earlier version (${found} instead of ${schemaVersion})`;
    throw new ClairError(
      'store-unusable',
      `the database cannot be written, and ${state}: run clair db update where it can be written`,
    );
  }
  // Loaded on demand: nearly every start finds the tables up to date.
  const { migrations } = await import('./migrations/migrations.ts');
  for (const [i, migration] of migrations.entries())
    if (typeof migration === 'function')
      await runStep(engine, i, async (db) => {
        await migration(db, engine.types, engine.numbering);
        await finish(engine, db, i);
      });
    else await runStages(engine, i, migration);
}

/** Runs one transaction of the migration after schema `version`. Returns undefined if another process has finished the migration. */
async function runStep<T>(
  engine: Engine,
  version: number,
  step: (db: Kysely<Tables>) => Promise<T>,
): Promise<T | undefined> {
  return await engine.write(async (db) => {
    if ((await engine.schemaVersion(db)) > version) return undefined;
    await engine.liftStatementTimeout(db);
    return await step(db);
  });
}

/** Changes the new tables as the engine requires, and records the schema. */
async function finish(engine: Engine, db: Kysely<Tables>, version: number): Promise<void> {
  await engine.adaptTables(db);
  await engine.setSchemaVersion(db, version + 1);
}

/** Key of the last row that the running migration has moved. */
const progressKey = 'migration';

async function runStages(engine: Engine, version: number, migration: StagedMigration): Promise<void> {
  await runStep(engine, version, async (db) => {
    if ((await readProgress(db)) !== undefined) return;
    await migration.expand(db, engine.types);
    await writeProgress(db, 0);
  });
  const moveNext = async (db: Kysely<Tables>): Promise<boolean> => {
    const last = await migration.backfill(db, (await readProgress(db)) ?? 0);
    if (last !== undefined) await writeProgress(db, last);
    return last !== undefined;
  };
  while ((await runStep(engine, version, moveNext)) === true);
  await runStep(engine, version, async (db) => {
    // Rows that another server has written since the last call.
    while (await moveNext(db));
    await migration.contract(db);
    await db.deleteFrom('key_value').where('key', '=', progressKey).execute();
    await finish(engine, db, version);
  });
}

async function readProgress(db: Kysely<Tables>): Promise<number | undefined> {
  const row = await db
    .selectFrom('key_value')
    .select('value')
    .where('key', '=', progressKey)
    .executeTakeFirst();
  return row && Number(row.value);
}

async function writeProgress(db: Kysely<Tables>, last: number): Promise<void> {
  const row = { key: progressKey, value: String(last) };
  await db
    .insertInto('key_value')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
    .execute();
}
