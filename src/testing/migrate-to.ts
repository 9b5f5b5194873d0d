import type { Engine } from '../store/sql/engine.ts';
import type { Migration } from '../store/sql/migrations/migration.ts';
import { migrations } from '../store/sql/migrations/migrations.ts';

/** Creates the tables of an earlier program: those before a migration. Returns the number of their schema. */
export async function migrateTo(engine: Engine, next: Migration): Promise<number> {
  const version = migrations.indexOf(next);
  await engine.write(async (db) => {
    for (const migration of migrations.slice(0, version))
      if (typeof migration === 'function') await migration(db, engine.types, engine.numbering);
      else {
        await migration.expand(db, engine.types);
        await migration.contract(db);
      }
    await engine.adaptTables(db);
    await engine.setSchemaVersion(db, version);
  });
  return version;
}
