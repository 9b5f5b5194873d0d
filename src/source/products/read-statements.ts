import * as z from 'zod/mini';
import { parseFeedValue, withFeedErrors } from '../../core/corrupt-feed.ts';
import { jsonElements } from '../../kit/json/json-stream.ts';
import { namespaceOfProduct } from '../../model/namespace.ts';
import {
  type ProductStatement,
  type StatementIssuer,
  statementIssuers,
} from '../../model/product-statement.ts';
import type {
  Affected,
  FetchedFeed,
  OnFeedDate,
  VersionScheme,
  VulnerabilityRecord,
} from '../../plugin/index.ts';
import { affectedSpans, type StatedSpans } from './affected-spans.ts';
import { rangeOfSpan, type Span } from './cuts.ts';

const status = z.enum(['affected', 'unaffected', 'unknown']);

const statement = z.object({
  product: z.string(),
  by: z.enum(statementIssuers),
  otherVersions: z.optional(status),
  versions: z.array(
    z.object({
      status,
      version: z.string(),
      startExcluded: z.optional(z.literal(true)),
      lessThan: z.optional(z.string()),
      lessThanOrEqual: z.optional(z.string()),
      versionType: z.optional(z.string()),
      changes: z.optional(z.array(z.object({ at: z.string(), status }))),
    }),
  ),
});

const element = z.union([
  z.object({ dated: z.string() }),
  z.object({ id: z.string(), products: z.array(statement) }),
]);

/** A feed of statements, and those that count. */
export interface StatementsFeed {
  readonly source: string;
  readonly feed: string;
  readonly scheme: VersionScheme;
  /** Whose statements give records. Those of others only take precedence. */
  readonly by: readonly StatementIssuer[];
}

/**
 * Yields a vulnerability for each CVE with statements of the wanted issuers about a product, unless an earlier element has versions that
 * can be compared. The content is an array that `service/feeds/made-feed.ts` writes. Throws `feed-corrupt` if it is damaged.
 */
export function readStatements(
  feed: StatementsFeed,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<VulnerabilityRecord> {
  return withFeedErrors({ ...feed, content }, records(feed, content, onDate));
}

async function* records(
  { scheme, by }: StatementsFeed,
  { body }: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<VulnerabilityRecord> {
  const decided = new Set<string>();
  let count = 0;
  for await (const value of jsonElements(body)) {
    const read = parseFeedValue(element, value, String(count++));
    if ('dated' in read) {
      onDate?.({ dated: read.dated, by: 'feed' });
      continue;
    }
    const byProduct = Map.groupBy(read.products as readonly ProductStatement[], ({ product }) => product);
    const affected = [...byProduct].flatMap(([product, statements]) => {
      const name = `${read.id} ${product}`;
      if (decided.has(name)) return [];
      const answer = firstAnswer(statements, scheme);
      if (answer?.isDecisive === true) decided.add(name);
      return statements.some((one) => by.includes(one.by)) ? rowsOf(product, answer?.stated) : [];
    });
    if (affected.length > 0) yield recordOf(read.id, affected);
  }
}

/** The versions that an issuer states. */
interface Answer {
  readonly stated: StatedSpans;
  /** Whether the statements of later issuers do not count. */
  readonly isDecisive: boolean;
}

/** Returns the answer of the first issuer that states versions that can be compared. */
function firstAnswer(statements: readonly ProductStatement[], scheme: VersionScheme): Answer | undefined {
  const byIssuer = Map.groupBy(statements, ({ by }) => by);
  for (const issuer of statementIssuers) {
    const stated = affectedSpans(byIssuer.get(issuer) ?? [], scheme);
    // CISA often lists one affected version where its source has a range.
    if (stated !== undefined)
      return { stated, isDecisive: issuer !== 'cisa-adp' || stated.spans.some(isRange) };
  }
  return undefined;
}

function isRange({ low, high }: Span): boolean {
  return low === undefined || low.version !== high?.version;
}

/** Returns the rows of a product. Versions that cannot be compared are under investigation. */
function rowsOf(product: string, stated: StatedSpans | undefined): Affected[] {
  const namespace = namespaceOfProduct(product);
  if (namespace === undefined) return [];
  const row = { namespace, package: product };
  const rows = (stated?.spans ?? []).map(
    (span): Affected => ({ ...row, range: rangeOfSpan(span), fix: fixOf(span) }),
  );
  const isUnknown = stated === undefined || stated.isPartial;
  return isUnknown ? [...rows, { ...row, range: {}, fix: { state: 'under-investigation' } }] : rows;
}

function fixOf({ fixed }: Span): Affected['fix'] {
  return fixed === undefined ? { state: 'unfixed' } : { state: 'fixed', version: fixed };
}

function recordOf(id: string, affected: readonly Affected[]): VulnerabilityRecord {
  return {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: [],
    links: [`https://www.cve.org/CVERecord?id=${id}`],
    severity: 'Unknown',
    cvss: [],
    affected,
  };
}
