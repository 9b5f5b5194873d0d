import type { Engine } from '../store/sql/engine.ts';
import { type Migration, schemaChangeOf } from '../store/sql/migrations/migration.ts';
import { migrations } from '../store/sql/migrations/migrations.ts';

/** Creates the tables of an earlier program: those before a migration. Returns the number of their schema. */
export async function migrateTo(engine: Engine, next: Migration): Promise<number> {
  const version = migrations.indexOf(next);
  await engine.write(async (db) => {
    for (const change of migrations.slice(0, version).map(schemaChangeOf))
      if (typeof change === 'function') await change(db, engine.types, engine.numbering);
      else {
        await change.expand(db, engine.types);
        await change.contract(db);
      }
    await engine.adaptTables(db);
    await engine.setSchemaVersion(db, version);
  });
  return version;
}
