import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { MatchKey } from '../affected-cursor.ts';
import type { HitVersion } from '../named-layer-store.ts';
import type { PageRequest } from '../page.ts';
import { compareHits, HitReader, type HitRow, hitColumns, rowsOfRecords } from './hits.ts';
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

/** A page of the numbers of named layers. */
interface NumberPage {
  readonly numbers: readonly number[];
  readonly next?: number;
}

/** Number of parts of one query, below the limits of the engines. The first few usually fill a page and make the others short. */
const versionsAtATime = 100;
const versionsAtFirst = 10;

/**
 * Returns a page of the layers that introduce versions. Reads, for each version, its layers after the cursor, at most a page. The page is
 * the lowest numbers of all of them.
 */
export async function pageLayersIntroducing(
  db: Kysely<Tables>,
  versions: readonly number[],
  { limit, after = 0 }: PageRequest<number>,
): Promise<NumberPage> {
  // One more than requested shows whether there is another page.
  const wanted = limit + 1;
  let numbers: number[] = [];
  for (let i = 0; i < versions.length; ) {
    const end = i === 0 ? versionsAtFirst : i + versionsAtATime;
    // Rows after a full page are not on it.
    const last = numbers.length < wanted ? undefined : numbers.at(-1);
    const range = { limit: wanted, after, last };
    const found = await findNumbers(db, versions.slice(i, end), range);
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
  versions: readonly number[],
  { limit, after, last = Number.MAX_SAFE_INTEGER }: NumberRange,
): Promise<number[]> {
  const parts = versions.map(
    (version) => sql`select * from (
      select layer_number as number from v1_brought
      where version_id = ${version} and layer_number > ${after} and layer_number < ${last}
      order by layer_number limit ${limit}
    ) as of_version`,
  );
  const { rows } = await sql<{ number: number }>`
    select distinct number from (${sql.join(parts, sql` union all `)}) as having_one
    order by number limit ${limit}
  `.execute(db);
  return rows.map((row) => row.number);
}
