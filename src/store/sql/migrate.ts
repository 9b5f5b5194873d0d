import { ClairError } from '../../core/errors.ts';
import type { Engine } from './engine.ts';
import { schemaVersion } from './schema.ts';

/**
 * Brings the tables up to date, one step in one transaction. Several processes may do so at once: who comes second finds the
 * step made. A large database takes its time, whatever bound there is on a statement: a start that gives up would give up every
 * time. A database of a later program is refused.
 */
export async function migrate(engine: Engine): Promise<void> {
  const found = await engine.schemaVersion(engine.db);
  if (found === schemaVersion) return;
  if (found > schemaVersion) {
    throw new ClairError(
      'store-unusable',
      `the database was written by a later version of this program (its schema is ${found}, known is ${schemaVersion}): update the program or choose another database`,
    );
  }
  if (engine.isReadOnly) {
    const state =
      found === 0
        ? 'is empty'
        : `has the tables of an earlier version (${found}, needed is ${schemaVersion})`;
    throw new ClairError(
      'store-unusable',
      `the database cannot be written, and ${state}: run clair db update where it can be written`,
    );
  }
  // Loaded only when needed: nearly every start finds the tables in place.
  const { migrations } = await import('./migrations/migrations.ts');
  for (const [i, migration] of migrations.entries()) {
    await engine.write(async (db) => {
      if ((await engine.schemaVersion(db)) > i) return;
      await engine.liftStatementTimeout(db);
      await migration(db, engine.types);
      await engine.adaptTables(db);
      await engine.setSchemaVersion(db, i + 1);
    });
  }
}
