import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openPostgresEngine } from '../store/sql/dialect/postgres-engine.ts';
import { parsePostgresSource } from '../store/sql/dialect/postgres-source.ts';
import { openSqliteEngine } from '../store/sql/dialect/sqlite-engine.ts';
import type { Engine } from '../store/sql/engine.ts';
import { temporaryDirectory, temporarySchema } from './store-engines.ts';

/** An engine whose database has no tables yet. Each call opens the same database. */
export interface BareEngine {
  readonly name: string;
  readonly engine: (context: TestContext) => Promise<() => Promise<Engine>>;
}

/** Opens the database at a location of a `SharedEngine`, whose tables may be those of an earlier program. */
export async function openBareEngine(name: string, place: string): Promise<Engine> {
  return name.startsWith('postgresql')
    ? await openPostgresEngine(parsePostgresSource(place), 3)
    : await openSqliteEngine(place);
}

/** Both engines, for tests of migrations. */
export const bareEngines: readonly BareEngine[] = [
  {
    name: 'sqlite',
    engine: async (context) => {
      const path = join(temporaryDirectory(context), 'clair.db');
      return () => openSqliteEngine(path);
    },
  },
  {
    name: 'postgresql',
    engine: async (context) => {
      const source = parsePostgresSource(await temporarySchema(context));
      return () => openPostgresEngine(source, 3);
    },
  },
];
