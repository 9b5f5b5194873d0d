import * as z from 'zod/mini';
import { parseFeedValue } from '../../core/corrupt-feed.ts';
import type { CvssVector, RatingRecord } from '../../plugin/index.ts';
import { nvdStatements } from '../products/cpe-statements.ts';

const metrics = z.optional(
  z.array(
    z.object({
      source: z.string(),
      type: z.string(),
      cvssData: z.object({ vectorString: z.string(), baseScore: z.number() }),
    }),
  ),
);

const texts = z.array(z.object({ lang: z.string(), value: z.string() }));

const item = z.object({
  cve: z.object({
    id: z.string(),
    published: z.optional(z.string()),
    lastModified: z.optional(z.string()),
    vulnStatus: z.optional(z.string()),
    descriptions: texts,
    metrics: z.optional(
      z.object({
        cvssMetricV40: metrics,
        cvssMetricV31: metrics,
        cvssMetricV30: metrics,
        cvssMetricV2: metrics,
      }),
    ),
    weaknesses: z.optional(z.array(z.object({ description: texts }))),
    // Checked for some products only, as most CVEs are of others.
    configurations: z.optional(z.unknown()),
  }),
});

type Cve = z.output<typeof item>['cve'];

/** Versions of CVSS in the order of preference. 3.1 is first, since most issuers still use it. */
const versions = ['cvssMetricV31', 'cvssMetricV40', 'cvssMetricV30', 'cvssMetricV2'] as const;

/** Id of CISA as an authorised data publisher (ADP). CISA rates CVEs that the assigner leaves unrated. */
const cisa = '134c704f-9b21-4f2e-91b3-4a467353bcc0';

/** Reads a CVE in format 2.0 of NVD, which the feeds and the API share. Throws `UnexpectedContent` at this place if it is malformed. */
export function readNvdCve(value: unknown, place: string): RatingRecord {
  return enrichment(parseFeedValue(item, value, place).cve);
}

/** The id of a CVE, and when NVD last changed it, ISO 8601; undefined if it states no valid time. */
export interface NvdHead {
  readonly id: string;
  readonly modified: string | undefined;
}

/** Returns the head of a CVE. Throws `UnexpectedContent` at this place if it is malformed. */
export function headOfCve(value: unknown, place: string): NvdHead {
  const { id, lastModified } = parseFeedValue(item, value, place).cve;
  return { id, modified: timeOf(lastModified) };
}

/** The members at the beginning of a CVE, as NVD writes them. */
const headPattern =
  /^\s*\{\s*"cve":\s*\{\s*"id":\s*"(CVE-\d+-\d+)",\s*"sourceIdentifier":\s*"[^"\\]*",\s*"published":\s*"[^"\\]*",\s*"lastModified":\s*"([^"\\]*)",/;
const headBytes = 512;

/** Finds the head of a CVE in its text. Undefined if the text does not begin as usual. */
export function findHeadOfCve(bytes: Buffer): NvdHead | undefined {
  const [, id, lastModified] = headPattern.exec(bytes.toString('latin1', 0, headBytes)) ?? [];
  return id === undefined ? undefined : { id, modified: timeOf(lastModified) };
}

function enrichment(cve: Cve): RatingRecord {
  const description = english(cve.descriptions)[0];
  if (isRejected(cve, description)) return { kind: 'enrichment', id: cve.id, rejected: true };
  const cvss = ratingsOf(cve);
  const weaknesses = cwesOf(cve);
  const published = timeOf(cve.published);
  const products = nvdStatements(cve.configurations);
  return {
    kind: 'enrichment',
    id: cve.id,
    ...(cvss.length > 0 && { cvss }),
    ...(description !== undefined && { description }),
    ...(weaknesses.length > 0 && { weaknesses }),
    ...(published !== undefined && { published }),
    ...(products.length > 0 && { products }),
  };
}

function english(values: z.output<typeof texts>): string[] {
  return values.flatMap(({ lang, value }) => (/^en\b/.test(lang) ? [value.trim()] : []));
}

function isRejected({ vulnStatus }: Cve, description = ''): boolean {
  const rejectionMarker = /^(\*\* REJECT \*\*|Rejected reason:)|DO NOT USE THIS CANDIDATE NUMBER/;
  return vulnStatus === 'Rejected' || rejectionMarker.test(description);
}

/** Returns all ratings, ordered by issuer (NVD, assigner, CISA), then by preferred version. */
function ratingsOf({ metrics: rated = {} }: Cve): CvssVector[] {
  const ratings = versions.flatMap((version) =>
    (rated[version] ?? []).map(({ source, type, cvssData }) => ({
      rank: source === 'nvd@nist.gov' && type === 'Primary' ? 0 : source === cisa ? 2 : 1,
      vector: { source: issuerName(source), vector: cvssData.vectorString, score: cvssData.baseScore },
    })),
  );
  return ratings.toSorted((a, b) => a.rank - b.rank).map(({ vector }) => vector);
}

function issuerName(source: string): string {
  if (source === 'nvd@nist.gov') return 'nvd';
  return source === cisa ? 'cisa-adp' : source;
}

/** Returns the distinct CWE ids, without the placeholders `NVD-CWE-noinfo` and `NVD-CWE-Other`. */
function cwesOf({ weaknesses = [] }: Cve): string[] {
  const values = weaknesses.flatMap(({ description }) => english(description));
  return [...new Set(values.filter((value) => /^CWE-\d+$/.test(value)))];
}

/** Parses a time. NVD writes UTC without an offset. */
function timeOf(date: string | undefined): string | undefined {
  const text = date === undefined || /[Zz]|[+-]\d\d:?\d\d$/.test(date) ? date : `${date}Z`;
  return text === undefined || Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString();
}
