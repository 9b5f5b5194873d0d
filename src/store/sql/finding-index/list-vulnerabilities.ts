import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import { exploitations } from '../../finding-count-store.ts';
import type {
  FleetVulnerability,
  VulnerabilityFilter,
  VulnerabilityOrder,
  VulnerabilityPage,
  VulnerabilityPlace,
} from '../../finding-index-store.ts';
import type { PageRequest } from '../../page.ts';
import type { Tables } from '../schema.ts';
import { containsText } from './conditions.ts';
import { rankOf, scoreOfUnits, severityOfRank } from './stored-values.ts';
import type { FoundVulnerabilityTable } from './tables.ts';

/** Value of each order, as a number that rises. */
const orders: Readonly<Record<VulnerabilityOrder, RawBuilder<number>>> = {
  severity: sql`rank`,
  images: sql`-images`,
  epss: sql`-coalesce(epss, -1)`,
};

/** Returns a page of vulnerabilities that counted images have. Reads all of them at most. */
export async function pageVulnerabilities(
  db: Kysely<Tables>,
  { text, severity, isFixable, isExploited }: VulnerabilityFilter,
  { limit, after, order }: PageRequest<VulnerabilityPlace> & { readonly order: VulnerabilityOrder },
): Promise<VulnerabilityPage> {
  const place = orders[order];
  let query = db
    .selectFrom('found_vulnerability')
    .selectAll()
    .select(place.as('place'))
    .where('images', '>', 0)
    .orderBy(place)
    .orderBy('name')
    .limit(limit + 1);
  if (after !== undefined) query = query.where(sql<boolean>`(${place}, name) > (${sql.join([...after])})`);
  if (text !== undefined) query = query.where(containsText(sql.ref('name'), text));
  if (severity !== undefined) query = query.where('rank', '=', rankOf(severity));
  if (isFixable !== undefined) query = query.where('is_fixable', '=', Number(isFixable));
  if (isExploited !== undefined)
    query = query.where('exploited', isExploited ? '=' : '<>', exploitations.indexOf('yes'));
  const rows = await query.execute();
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const vulnerabilities = shown.map(toVulnerability);
  if (rows.length <= limit || last === undefined) return { vulnerabilities };
  return { vulnerabilities, next: [last.place, last.name] };
}

/** Returns vulnerabilities by their names. Leaves out those that no counted image has. */
export async function findFleetVulnerabilities(
  db: Kysely<Tables>,
  names: readonly string[],
): Promise<FleetVulnerability[]> {
  if (names.length === 0) return [];
  const rows = await db
    .selectFrom('found_vulnerability')
    .selectAll()
    .where('name', 'in', padToPowerOfTwo(names))
    .where('images', '>', 0)
    .orderBy('name')
    .execute();
  return rows.map(toVulnerability);
}

function toVulnerability(row: Selectable<FoundVulnerabilityTable>): FleetVulnerability {
  return {
    id: row.name,
    severity: severityOfRank(row.rank),
    exploited: exploitations[row.exploited] ?? 'unknown',
    epss: scoreOfUnits(row.epss),
    isFixable: row.is_fixable === 1,
    images: row.images,
    packages: row.packages,
  };
}
