import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import type { Clair2Database } from '../clair2-database.ts';
import { SettledClient } from '../sql/dialect/postgres-client.ts';
import { fromPostgresError } from '../sql/dialect/postgres-errors.ts';
import { parsePostgresSource } from '../sql/dialect/postgres-source.ts';

/** Columns that Clair 2.0.1 to 2.1.8 have, by table. */
const neededColumns: Readonly<Record<string, readonly string[]>> = {
  namespace: ['id', 'name', 'version_format'],
  feature: ['id', 'name'],
  vulnerability: ['id', 'namespace_id', 'name', 'description', 'link', 'severity', 'metadata', 'deleted_at'],
  vulnerability_fixedin_feature: ['vulnerability_id', 'feature_id', 'version'],
  vulnerability_notification: [
    ...['id', 'name', 'created_at', 'notified_at', 'deleted_at'],
    ...['old_vulnerability_id', 'new_vulnerability_id'],
  ],
};

const nullableText = z.nullable(z.string());
const nullableNumber = z.nullable(z.number());
const nullableDate = z.nullable(z.date());

const columnRow = z.object({ table_name: z.string(), column_name: z.string() });
const nameRow = z.object({ number: z.number(), namespace: z.string(), name: z.string() });
const vulnerabilityRow = z.extend(nameRow, {
  versionFormat: nullableText,
  description: nullableText,
  link: nullableText,
  severity: z.string(),
  metadata: nullableText,
});
const fixRow = z.object({ vulnerability: z.number(), package: z.string(), version: z.string() });
const notificationRow = z.object({
  number: z.number(),
  name: z.string(),
  createdAt: nullableDate,
  notifiedAt: nullableDate,
  old: nullableNumber,
  new: nullableNumber,
});

const namesQuery = `
  select v.id as number, coalesce(n.name, '') as namespace, v.name
  from vulnerability v join namespace n on n.id = v.namespace_id
  where v.deleted_at is null and v.id > $1
  order by v.id limit $2`;

const vulnerabilitiesQuery = `
  select v.id as number, coalesce(n.name, '') as namespace, n.version_format as "versionFormat", v.name,
    v.description, v.link, v.severity::text as severity, v.metadata
  from vulnerability v join namespace n on n.id = v.namespace_id
  where v.id = any($1) order by v.id`;

const fixesQuery = `
  select fixed.vulnerability_id as vulnerability, f.name as package, fixed.version
  from vulnerability_fixedin_feature fixed join feature f on f.id = fixed.feature_id
  where fixed.vulnerability_id = any($1) order by fixed.vulnerability_id, f.name`;

const notificationsQuery = `
  select id as number, name, created_at as "createdAt", notified_at as "notifiedAt",
    old_vulnerability_id as old, new_vulnerability_id as new
  from vulnerability_notification
  where deleted_at is null and id > $1
  order by id limit $2`;

/**
 * Opens a database of Clair 2 for reading. `place` is a connection string in Clair's forms. All reads see the state of this moment, even if
 * Clair 2 runs. Throws `store-incompatible` if it is not a database of Clair 2, and `store-…` errors of the server.
 */
export async function openClair2(place: string): Promise<Clair2Database> {
  const source = parsePostgresSource(place);
  const client = new SettledClient({ ...source.client, settings: source.settings });
  // The next query fails as well.
  client.on('error', () => undefined);
  const query = async <T extends z.ZodMiniType>(
    row: T,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<z.output<T>[]> => {
    try {
      const { rows } = await client.query<Record<string, unknown>>(text, [...values]);
      return z.array(row).parse(rows);
    } catch (error) {
      throw readError(error, source.name);
    }
  };
  const close = async (): Promise<void> => {
    await client.end().catch(() => undefined);
  };
  try {
    await client.connect();
    // The other database is written between reads.
    await client.query('set idle_in_transaction_session_timeout = 0');
    await client.query('begin isolation level repeatable read read only');
    assertClair2(await query(columnRow, columnsQuery, [Object.keys(neededColumns)]), source.name);
  } catch (error) {
    await close();
    throw readError(error, source.name);
  }
  return {
    pageNames: ({ limit, after = 0 }) => query(nameRow, namesQuery, [after, limit]),
    findVulnerabilities: async (numbers) => {
      const rows = await query(vulnerabilityRow, vulnerabilitiesQuery, [numbers]);
      const fixes = Map.groupBy(await query(fixRow, fixesQuery, [numbers]), (fix) => fix.vulnerability);
      return rows.map((row) => ({
        ...row,
        fixedIn: (fixes.get(row.number) ?? []).map(({ package: name, version }) => ({
          package: name,
          version,
        })),
      }));
    },
    pageNotifications: ({ limit, after = 0 }) => query(notificationRow, notificationsQuery, [after, limit]),
    [Symbol.asyncDispose]: close,
  };
}

const columnsQuery = `
  select table_name, column_name from information_schema.columns
  where table_schema = any(current_schemas(false)) and table_name = any($1)`;

function assertClair2(columns: readonly z.output<typeof columnRow>[], name: string): void {
  const found = new Set(columns.map((one) => `${one.table_name}.${one.column_name}`));
  const missing = Object.entries(neededColumns).flatMap(([table, names]) =>
    names.map((column) => `${table}.${column}`).filter((column) => !found.has(column)),
  );
  const [first] = missing;
  if (first === undefined) return;
  throw new ClairError(
    'store-incompatible',
    `the database ${name} is not one of Clair 2.0.1 to 2.1.8: it has no column ${first}`,
  );
}

function readError(error: unknown, name: string): unknown {
  if (error instanceof z.core.$ZodError)
    return new ClairError('store-incompatible', `the database ${name} has a row that is not of Clair 2`, {
      cause: error,
    });
  return fromPostgresError(error, name);
}
