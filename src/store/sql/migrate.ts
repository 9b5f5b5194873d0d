import { ClairError } from '../../core/errors.ts';
import type { Engine } from './engine.ts';
import { schemaVersion } from './schema.ts';

/**
 * Migrates the tables, one migration per transaction. Several processes may do so simultaneously: the second finds the migration
 * applied. The statement timeout does not apply: with it, a large database would fail at every start. Throws `store-unusable` for a
 * schema of a later version.
 */
export async function migrate(engine: Engine): Promise<void> {
  const found = await engine.schemaVersion(engine.db);
  if (found === schemaVersion) return;
  if (found > schemaVersion) {
    throw new ClairError(
      'store-unusable',
      `the database was written by a later version of this program (its schema is ${found}; this version supports ${schemaVersion}): update the program or choose another database`,
    );
  }
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
  for (const [i, migration] of migrations.entries()) {
    await engine.write(async (db) => {
      if ((await engine.schemaVersion(db)) > i) return;
      await engine.liftStatementTimeout(db);
      await migration(db, engine.types, engine.numbering);
      await engine.adaptTables(db);
      await engine.setSchemaVersion(db, i + 1);
    });
  }
}
