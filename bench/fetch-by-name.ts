import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** A row, as fetched when the program compares versions. */
export interface NamedRow {
  readonly id: number;
  readonly package: string;
  readonly range_from: string | null;
  readonly range_to: string | null;
}

/** Fetches all rows of some names of a namespace. */
export interface FetchByName extends AsyncDisposable {
  fetch(namespace: string, names: readonly string[]): Promise<readonly NamedRow[]>;
}

const columns = `
  select affected.vulnerability_id as id, package, range_from, range_to
  from namespace
  join affected on affected.namespace_id = namespace.id
  where affected.fix_state <> 'not-affected' and namespace.name =`;

/** Queries each name separately, which costs an embedded database only the search. */
export function fetchFromFile(path: string): FetchByName {
  const database = new DatabaseSync(path);
  database.exec('pragma cache_size = -65536; pragma mmap_size = 1073741824');
  const byName = database.prepare(`${columns} ? and affected.package = ?`);
  return {
    fetch: async (namespace, names) =>
      names.flatMap((name) => byName.all(namespace, name) as unknown as NamedRow[]),
    [Symbol.asyncDispose]: async () => {
      database.close();
    },
  };
}

/** Queries `namesPerQuery` names at a time, since a round trip to the server costs more than the search for one name. */
export async function fetchFromServer(url: string, namesPerQuery: number): Promise<FetchByName> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const text = `${columns} $1 and affected.package = any($2)`;
  return {
    fetch: async (namespace, names) => {
      const rows: NamedRow[] = [];
      for (let i = 0; i < names.length; i += namesPerQuery) {
        const values = [namespace, names.slice(i, i + namesPerQuery)];
        const found = await client.query<Omit<NamedRow, 'id'> & { id: string }>({
          name: 'by-name',
          text,
          values,
        });
        for (const row of found.rows) rows.push({ ...row, id: Number(row.id) });
      }
      return rows;
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
