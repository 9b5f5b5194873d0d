import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type { Fix } from '../../../model/fix.ts';
import { exploitations, type FoundPackage } from '../../finding-count-store.ts';
import type { FindingFilter, FindingPage, FindingPlace, FleetFinding } from '../../finding-index-store.ts';
import type { PageRequest } from '../../page.ts';
import { behind } from '../expired-rows.ts';
import type { Tables } from '../schema.ts';
import { setsInScope } from './conditions.ts';
import { rankOf, scoreOfUnits, severityOfRank } from './stored-values.ts';

/** Part of the statement, so that engines use the index of exploited findings. */
const exploitedValue = sql.lit(exploitations.indexOf('yes'));

const order = ['finding.rank', 'finding.name', 'finding.package', 'finding.id'] as const;

/** Number of package names per query. */
const namesAtATime = 50;
/** Above this number of packages of a source, walking along the list of all findings is faster. */
const namesMax = 500;

/** Returns a page of findings. Each filter of the fleet has an index in the order of the list. */
export async function pageFindings(
  db: Kysely<Tables>,
  filter: FindingFilter,
  page: PageRequest<FindingPlace>,
): Promise<FindingPage> {
  const found =
    filter.sourcePackage === undefined
      ? await numbersOfPage(db, filter, page).execute()
      : await numbersOfSource(db, { ...filter, sourcePackage: filter.sourcePackage }, page);
  const numbers = found.slice(0, page.limit).map(({ id }) => id);
  const rows = await readFindings(db, numbers);
  const isScoped = filter.repository !== undefined || filter.images !== undefined;
  const images = isScoped ? await imagesInScope(db, filter, numbers) : undefined;
  const inOrder = numbers.flatMap((number) => rows.get(number) ?? []);
  const findings = inOrder.map((row) => toFinding(row, images?.get(row.id) ?? row.images));
  const last = inOrder.at(-1);
  if (found.length <= page.limit || last === undefined) return { findings };
  return { findings, next: [last.rank, last.name, last.package, last.id] };
}

/**
 * Returns the numbers of a page of a source package, and of one finding more. Each of its packages has a part of an index in the order of the
 * list, from which the first findings are read and merged.
 */
async function numbersOfSource(
  db: Kysely<Tables>,
  filter: FindingFilter & { readonly sourcePackage: string },
  page: PageRequest<FindingPlace>,
): Promise<readonly { readonly id: number }[]> {
  const names = await db
    .selectFrom('found_package')
    .select('name')
    .distinct()
    .where('source_name', '=', filter.sourcePackage)
    .$if(filter.package !== undefined, (query) => query.where('name', '=', filter.package ?? ''))
    .limit(namesMax + 1)
    .execute();
  if (names.length > namesMax) return await numbersOfPage(db, filter, page).execute();
  let first: readonly { readonly id: number }[] = [];
  for (const some of splitIntoChunks(names, namesAtATime)) {
    const [one, ...others] = some.map(({ name }) =>
      db.selectFrom(numbersOfPage(db, { ...filter, package: name }, page).as('one')).select('one.id'),
    );
    if (one === undefined) continue;
    const found = await others.reduce((all, other) => all.unionAll(other), one).execute();
    first = await inListOrder(
      db,
      [...first, ...found].map(({ id }) => id),
      page.limit + 1,
    );
  }
  return first;
}

/** Returns the first of these findings in the order of lists. */
async function inListOrder(
  db: Kysely<Tables>,
  numbers: readonly number[],
  limit: number,
): Promise<readonly { readonly id: number }[]> {
  if (numbers.length === 0) return [];
  return await db
    .selectFrom('finding')
    .select('finding.id')
    .where('finding.id', 'in', padToPowerOfTwo(numbers))
    .orderBy('finding.rank')
    .orderBy('finding.name')
    .orderBy('finding.package')
    .orderBy('finding.id')
    .limit(limit)
    .execute();
}

/** Returns the query for the numbers of a page, and of one finding more, which shows whether there is another page. */
export function numbersOfPage(
  db: Kysely<Tables>,
  filter: FindingFilter,
  { limit, after }: PageRequest<FindingPlace>,
): SelectQueryBuilder<Tables, 'finding', { id: number }> {
  const { repository, images, vulnerability, sourcePackage, namespace, severity, isFixable, isExploited } =
    filter;
  let query = db
    .selectFrom('finding')
    .select('finding.id')
    .where('finding.images', '>', 0)
    .where(behind(order, after))
    .orderBy('finding.rank')
    .orderBy('finding.name')
    .orderBy('finding.package')
    .orderBy('finding.id')
    .limit(limit + 1);
  if (vulnerability !== undefined)
    query = query.where('finding.vulnerability_id', '=', (eb) =>
      eb.selectFrom('found_vulnerability').select('id').where('name', '=', vulnerability),
    );
  if (filter.package !== undefined) query = query.where('finding.package', '=', filter.package);
  // PostgreSQL would turn a join into a scan of all packages of the source.
  if (sourcePackage !== undefined)
    query = query.where(
      (eb) =>
        eb
          .selectFrom('found_package')
          .select('source_name')
          .whereRef('found_package.id', '=', 'finding.package_id'),
      '=',
      sourcePackage,
    );
  if (namespace !== undefined) query = query.where('finding.namespace', '=', namespace);
  if (severity !== undefined) query = query.where('finding.rank', '=', rankOf(severity));
  if (isFixable !== undefined) query = query.where('finding.fix_state', isFixable ? '=' : '<>', 'fixed');
  if (isExploited !== undefined)
    query = query.where(
      sql<boolean>`finding.exploited ${sql.raw(isExploited ? '=' : '<>')} ${exploitedValue}`,
    );
  if (repository === undefined && images === undefined) return query;
  return query.where('finding.id', 'in', (eb) =>
    eb
      .selectFrom(setsInScope(db, filter).as('held'))
      .innerJoin('set_finding', 'set_finding.set_id', 'held.set_id')
      .select('set_finding.finding_id'),
  );
}

/** Columns of a finding with its package, for `toFinding`. */
export const findingColumns = [
  'finding.rank',
  'finding.name',
  'finding.package',
  'finding.exploited',
  'finding.fix_state',
  'finding.fix_version',
  'found_package.namespace',
  'found_package.lookup_name',
  'found_package.type',
  'found_package.version',
  'found_package.purl',
  'found_package.source_name',
  'found_vulnerability.epss',
] as const;

async function readFindings(db: Kysely<Tables>, numbers: readonly number[]) {
  if (numbers.length === 0) return new Map<number, never>();
  const rows = await db
    .selectFrom('finding')
    .innerJoin('found_package', 'found_package.id', 'finding.package_id')
    .innerJoin('found_vulnerability', 'found_vulnerability.id', 'finding.vulnerability_id')
    .select(['finding.id', 'finding.images', ...findingColumns])
    .where('finding.id', 'in', padToPowerOfTwo(numbers))
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Returns the number of images of a scope that have each of these findings. */
async function imagesInScope(
  db: Kysely<Tables>,
  scope: FindingFilter,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (numbers.length === 0) return new Map();
  const rows = await db
    .selectFrom(setsInScope(db, scope).as('held'))
    .innerJoin('set_finding', 'set_finding.set_id', 'held.set_id')
    .select('set_finding.finding_id as finding')
    .select((eb) => eb.fn.count('held.image_id').distinct().as('images'))
    .where('set_finding.finding_id', 'in', padToPowerOfTwo(numbers))
    .groupBy('set_finding.finding_id')
    .execute();
  return new Map(rows.map(({ finding, images }) => [finding, Number(images)]));
}

type FindingRow = Awaited<ReturnType<typeof readFindings>> extends Map<number, infer Row> ? Row : never;

/** Returns a finding as the store shows it, without its images. */
export function findingContent(row: Omit<FindingRow, 'id' | 'images'>): Omit<FleetFinding, 'images'> {
  return {
    vulnerability: row.name,
    severity: severityOfRank(row.rank),
    exploited: exploitations[row.exploited] ?? 'unknown',
    epss: scoreOfUnits(row.epss),
    package: packageOf(row),
    fix: fixOf(row),
  };
}

function toFinding(row: FindingRow, images: number): FleetFinding {
  return { ...findingContent(row), images };
}

function packageOf(row: Omit<FindingRow, 'id' | 'images'>): FoundPackage {
  const { namespace, lookup_name: lookupName, type, version, purl, source_name: source } = row;
  return { namespace, lookupName, type, name: row.package, version, purl, source };
}

function fixOf({
  fix_state: state,
  fix_version: version,
}: Pick<FindingRow, 'fix_state' | 'fix_version'>): Fix {
  return state === 'fixed' ? { state, version: version ?? '' } : { state };
}
