import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { HitVersion } from '../named-layer-store.ts';
import type { PageRequest } from '../page.ts';
import { compareHits, HitReader, type HitRow, hitColumns, rowsOfRecords } from './hits.ts';
import type { MatchKey } from './match-key.ts';
import type { Tables } from './schema.ts';

/** Returns the versions of named layers and ancestries that records hit, or that only a comparison in code can decide. */
export async function findHitVersions(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
): Promise<HitVersion[]> {
  if (vulnerabilities.length === 0) return [];
  const rows = await hitRows(db, vulnerabilities, 'name')
    .unionAll(hitRows(db, vulnerabilities, 'source'))
    .execute();
  const reader = new HitReader();
  return [...Map.groupBy(rows, (row) => row.number)]
    .sort(([a], [b]) => a - b)
    .flatMap(([number, group]) => {
      const [first] = group.sort(compareHits);
      if (first === undefined) return [];
      const { type, installed: version, build, arch, modularity } = first;
      return [
        {
          number,
          type,
          version,
          ...(build !== '' && { build }),
          ...(arch !== '' && { arch }),
          ...(modularity !== '' && { modularity }),
          hits: group.map((row) => reader.read(row, row.key !== null)),
        },
      ];
    });
}

interface VersionHitRow
  extends HitRow,
    Pick<Selectable<Tables['v1_version']>, 'key' | 'type' | 'build' | 'arch' | 'modularity'> {
  readonly number: number;
  readonly installed: string;
}

function hitRows(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
  by: MatchKey,
): SelectQueryBuilder<Tables, 'affected', VersionHitRow> {
  return rowsOfRecords(db, vulnerabilities, by)
    .innerJoin('v1_version as version', (join) =>
      join
        .onRef('version.namespace_id', '=', 'affected.namespace_id')
        .onRef('version.package', '=', 'affected.package')
        .on('version.by', '=', sql.lit(by)),
    )
    .select(hitColumns)
    .select([
      'version.id as number',
      'version.version as installed',
      'version.key',
      'version.type',
      'version.build',
      'version.arch',
      'version.modularity',
    ])
    .where((eb) =>
      eb.or([
        eb('version.key', 'is', null),
        eb.and([
          eb('version.key', '>=', eb.ref('affected.lo')),
          eb('version.key', '<', eb.ref('affected.hi')),
        ]),
      ]),
    );
}

/** Tables of versions: those that named layers introduced, and those of ancestries. */
export type HolderTable = keyof typeof holderColumns;

/** The column of each table with the number of the layer or ancestry. */
export const holderColumns = { v1_brought: 'layer_number', ancestry_version: 'ancestry_number' } as const;

/** A page of the numbers of layers or ancestries. */
export interface HolderPage {
  readonly numbers: readonly number[];
  readonly next?: number;
}

/** Number of parts of one query, below the limits of the engines. The first few usually fill a page and make the others short. */
const versionsAtATime = 100;
const versionsAtFirst = 10;

/**
 * Reads, for each version, its layers or ancestries after the cursor, at most a page. The page is the lowest numbers of all of
 * them.
 */
export async function findHolders(
  db: Kysely<Tables>,
  table: HolderTable,
  versions: readonly number[],
  { limit, after = 0 }: PageRequest<number>,
): Promise<HolderPage> {
  // One more than requested shows whether there is another page.
  const wanted = limit + 1;
  let numbers: number[] = [];
  for (let i = 0; i < versions.length; ) {
    const end = i === 0 ? versionsAtFirst : i + versionsAtATime;
    // Rows after a full page are not on it.
    const last = numbers.length < wanted ? undefined : numbers.at(-1);
    const range = { limit: wanted, after, last };
    const found = await findNumbers(db, table, versions.slice(i, end), range);
    i = end;
    numbers = [...new Set([...numbers, ...found])].sort((a, b) => a - b).slice(0, wanted);
  }
  const shown = numbers.slice(0, limit);
  return numbers.length > limit ? { numbers: shown, next: shown.at(-1) ?? after } : { numbers: shown };
}

interface NumberRange {
  readonly limit: number;
  readonly after: number;
  readonly last: number | undefined;
}

async function findNumbers(
  db: Kysely<Tables>,
  table: HolderTable,
  versions: readonly number[],
  { limit, after, last = Number.MAX_SAFE_INTEGER }: NumberRange,
): Promise<number[]> {
  const number = sql.ref(holderColumns[table]);
  const parts = versions.map(
    (version) => sql`select * from (
      select ${number} as number from ${sql.table(table)}
      where version_id = ${version} and ${number} > ${after} and ${number} < ${last}
      order by ${number} limit ${limit}
    ) as of_version`,
  );
  const { rows } = await sql<{ number: number }>`
    select distinct number from (${sql.join(parts, sql` union all `)}) as having_one
    order by number limit ${limit}
  `.execute(db);
  return rows.map((row) => row.number);
}
