import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';

type Database = Config['database'];
type OptionName = keyof Database['options'];

/** The options that only one engine reads, with their default values. */
const engineOptions: Readonly<Record<Database['type'], Partial<Database['options']>>> = {
  sqlite: { path: '' },
  pgsql: { source: '', replicasource: '', maxopenconnections: 10, managedatabaselifecycle: false },
};

/**
 * Refuses options that the chosen engine would ignore, and an invalid connection string. Otherwise the server could open an unintended
 * database. Throws `config-invalid`.
 */
export async function checkDatabaseSettings({ type, options }: Database): Promise<void> {
  const other = type === 'sqlite' ? 'pgsql' : 'sqlite';
  for (const name of Object.keys(engineOptions[other]) as OptionName[])
    if (options[name] !== engineOptions[other][name])
      throw new ClairError(
        'config-invalid',
        `database.options.${name} belongs to ${other}, and database.type is ${type}: ` +
          `set database.type to ${other}, or remove the option`,
      );
  if (options.fixturepath !== '')
    throw new ClairError('config-invalid', 'database.options.fixturepath is not supported: remove it');
  if (type === 'sqlite') return;
  if (options.source === '')
    throw new ClairError('config-invalid', 'database.type is pgsql, and database.options.source is not set');
  const { parsePostgresSource } = await import('../../store/sql/dialect/postgres-source.ts');
  parsePostgresSource(options.source);
  if (options.replicasource !== '') parsePostgresSource(options.replicasource);
}
