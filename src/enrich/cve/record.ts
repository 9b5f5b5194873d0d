import * as z from 'zod/mini';
import { parseFeedValue, parseJsonAt, UnexpectedContent } from '../../core/corrupt-feed.ts';
import type { ExploitationStatement } from '../../model/enrichment.ts';
import type { ProductStatement } from '../../model/product-statement.ts';
import type { CvssVector, Enrichment } from '../../plugin/index.ts';
import { productStatements } from '../products/record-statements.ts';
import { statedExploitation } from './exploitation.ts';
import { firstContradiction, type Metric, metric, ratedVectors, statedSeverity } from './metrics.ts';

const texts = z.array(z.object({ lang: z.string(), value: z.string() }));

const container = z.object({
  // Checked for some products only, as most records name others.
  affected: z.optional(z.unknown()),
  providerMetadata: z.object({
    orgId: z.string(),
    shortName: z.optional(z.string()),
    dateUpdated: z.optional(z.string()),
  }),
  metrics: z.optional(z.array(metric)),
  descriptions: z.optional(texts),
  problemTypes: z.optional(
    z.array(z.object({ descriptions: z.array(z.object({ cweId: z.optional(z.string()) })) })),
  ),
});

const record = z.object({
  dataType: z.literal('CVE_RECORD'),
  dataVersion: z.string().check(z.regex(/^5\.\d/)),
  cveMetadata: z.object({
    cveId: z.string(),
    state: z.enum(['PUBLISHED', 'REJECTED']),
    datePublished: z.optional(z.string()),
  }),
  containers: z.object({ cna: container, adp: z.optional(z.array(container)) }),
});

type CveRecord = z.output<typeof record>;
type Container = z.output<typeof container>;

/** Id of CISA as an authorised data publisher (ADP). CISA rates CVEs that the assigner leaves unrated. */
const cisa = '134c704f-9b21-4f2e-91b3-4a467353bcc0';

/** Reads a record of the CVE list, format 5. Throws `UnexpectedContent` if the document is not the record of that id. */
export function readCveRecord(id: string, document: Buffer): Enrichment {
  const read = parseFeedValue(record, parseJsonAt('the record', document), '');
  const { cveId, state, datePublished } = read.cveMetadata;
  if (cveId !== id)
    throw new UnexpectedContent('cveMetadata.cveId', `it is the record of ${cveId.slice(0, 40)}`);
  if (state === 'REJECTED') return { id, rejected: true };
  const { cna } = read.containers;
  const rating = ratingIn(read);
  const description = cna.descriptions?.find(({ lang }) => /^en\b/i.test(lang))?.value.trim();
  const weaknesses = cwesIn(read);
  const published = timeOf(datePublished);
  const products = productsIn(read);
  const exploitedBy = exploitationIn(read);
  return {
    id,
    ...rating,
    ...(description && { description }),
    ...(weaknesses.length > 0 && { weaknesses }),
    ...(published !== undefined && { published }),
    ...(products.length > 0 && { products }),
    ...(exploitedBy.length > 0 && { exploitedBy }),
  };
}

/** Returns the ratings of the assigner and of CISA. A metric that contradicts itself does not count. */
function ratingIn({
  containers: { cna, adp = [] },
}: CveRecord): Pick<Enrichment, 'cvss' | 'severity' | 'assigner' | 'contradiction'> {
  const assigner = cna.providerMetadata.shortName ?? 'cna';
  const issued = [
    { source: assigner, metrics: cna.metrics ?? [] },
    ...adp
      .filter(({ providerMetadata }) => providerMetadata.orgId === cisa)
      .map(({ metrics = [] }) => ({ source: 'cisa-adp', metrics })),
  ];
  const cvss = issued.flatMap(({ source, metrics }) => vectorsOfIssuer(source, metrics));
  const isRatedByAssigner = cvss.some(({ source }) => source === assigner);
  const severity = isRatedByAssigner ? undefined : statedSeverity(cna.metrics ?? []);
  const isUnrated = cvss.length === 0 && severity === undefined;
  const contradiction = isUnrated ? firstContradiction(issued.flatMap(({ metrics }) => metrics)) : undefined;
  return {
    ...(cvss.length > 0 && { cvss }),
    ...(severity !== undefined && { severity }),
    ...(contradiction !== undefined && { contradiction }),
    assigner,
  };
}

/** Returns what the assigner and CISA state about products that no package manager installs. */
function productsIn({ containers: { cna, adp = [] } }: CveRecord): ProductStatement[] {
  const ofCisa = adp.filter(({ providerMetadata }) => providerMetadata.orgId === cisa);
  const author = ({ providerMetadata }: Container): string => providerMetadata.shortName ?? '';
  return [
    ...productStatements({ by: 'cna', author: author(cna), affected: cna.affected }),
    ...ofCisa.flatMap((one) =>
      productStatements({ by: 'cisa-adp', author: author(one), affected: one.affected }),
    ),
  ];
}

/** Returns the statements of CISA that the vulnerability is used in attacks. One without its own date has that of the record. */
function exploitationIn({
  cveMetadata: { datePublished },
  containers: { adp = [] },
}: CveRecord): ExploitationStatement[] {
  const found = adp
    .filter(({ providerMetadata }) => providerMetadata.orgId === cisa)
    .flatMap(({ metrics = [], providerMetadata }) =>
      statedExploitation(metrics).map(({ source, date }) => ({
        source,
        date: dayOrTime(date) ?? timeOf(providerMetadata.dateUpdated) ?? timeOf(datePublished),
      })),
    );
  const dated = found.flatMap(({ source, date }) => (date === undefined ? [] : [{ source, date }]));
  return [...new Map(dated.map((one) => [one.source, one])).values()];
}

/** Returns a day as it is, and a time in UTC. */
function dayOrTime(text = ''): string | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? text : timeOf(text);
}

/** Returns the distinct vectors of an issuer, the preferred version first. */
function vectorsOfIssuer(source: string, metrics: readonly Metric[]): CvssVector[] {
  const vectors = ratedVectors(metrics).map((vector) => ({ source, ...vector }));
  return [...new Map(vectors.map((vector) => [vector.vector, vector])).values()];
}

function cwesIn({ containers: { cna, adp = [] } }: CveRecord): string[] {
  const ids = [cna, ...adp].flatMap(({ problemTypes = [] }: Container) =>
    problemTypes.flatMap(({ descriptions }) => descriptions.flatMap(({ cweId }) => cweId ?? [])),
  );
  return [...new Set(ids.filter((id) => /^CWE-\d+$/.test(id)))];
}

/** Parses a time; without an offset, it is UTC. */
function timeOf(text = ''): string | undefined {
  const time = Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
