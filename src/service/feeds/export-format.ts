import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent } from '../../core/corrupt-feed.ts';
import { dateEvidence } from '../../model/content-date.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import { unfixedStates } from '../../model/fix.ts';
import type { Namespace } from '../../model/namespace.ts';
import { severities } from '../../model/severity.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import type { FeedState } from '../../store/feed-state.ts';

/** State of a feed, without the fields that only its own store needs. */
export type ExportedFeed = Omit<
  FeedState,
  'records' | 'kept' | 'lastFailure' | 'presence' | 'contentDate' | 'contentEvidence'
> & {
  readonly presence: 'loaded' | 'absent';
  /** Absent in files of earlier versions. */
  readonly contentDate?: FeedState['contentDate'];
  readonly contentEvidence?: FeedState['contentEvidence'];
};

/**
 * One line of an export file. The line of a feed is followed by its ratings or by its records. Those are the current records, and the
 * records `kept` for namespaces that the feed has dropped.
 */
export type ExportLine =
  | { readonly feed: ExportedFeed }
  | { readonly record: Vulnerability }
  | { readonly kept: Vulnerability; readonly for: Namespace }
  | { readonly rating: Enrichment };

// Strict, because unknown members would be lost without notice.
const namespace = z.strictObject({ name: z.string(), versionScheme: z.string() });
const severity = z.enum(severities);
const texts = z.array(z.string());
const yes = z.exactOptional(z.literal(true));
const vectors = z.array(
  z.strictObject({ source: z.string(), vector: z.string(), score: z.exactOptional(z.number()) }),
);
const time = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'not a date and time'));

const fix = z.union([
  z.strictObject({ state: z.literal('fixed'), version: z.string() }),
  z.strictObject({ state: z.enum(unfixedStates) }),
]);

const affected = z.strictObject({
  namespace,
  package: z.string(),
  range: z.strictObject({
    from: z.exactOptional(z.string()),
    fromExcluded: yes,
    to: z.exactOptional(z.string()),
    toIncluded: yes,
  }),
  fix,
  severity: z.exactOptional(severity),
  only: z.exactOptional(
    z.strictObject({
      arch: z.exactOptional(texts),
      module: z.exactOptional(z.string()),
      flavour: z.exactOptional(z.enum(['ksplice', 'fips'])),
      products: z.exactOptional(texts),
    }),
  ),
});

const vulnerability: z.ZodMiniType<Vulnerability> = z.strictObject({
  key: z.string(),
  id: z.string(),
  aliases: texts,
  description: z.exactOptional(z.string()),
  title: z.exactOptional(z.string()),
  links: texts,
  severity,
  cvss: vectors,
  modified: z.exactOptional(time),
  affected: z.array(affected),
});

const enrichment: z.ZodMiniType<Enrichment> = z.strictObject({
  id: z.string(),
  cvss: z.exactOptional(vectors),
  severity: z.exactOptional(severity),
  assigner: z.exactOptional(z.string()),
  contradiction: z.exactOptional(z.string()),
  description: z.exactOptional(z.string()),
  weaknesses: z.exactOptional(texts),
  published: z.exactOptional(z.string()),
  exploited: z.exactOptional(
    z.strictObject({ since: z.string(), due: z.exactOptional(z.string()), ransomware: z.boolean() }),
  ),
  epss: z.exactOptional(z.strictObject({ score: z.number(), percentile: z.number() })),
  rejected: yes,
});

const feed: z.ZodMiniType<ExportedFeed> = z.strictObject({
  source: z.string(),
  feed: z.string(),
  sourceVersion: z.number(),
  origin: z.string(),
  presence: z.enum(['loaded', 'absent']),
  fingerprint: z.string(),
  fetchedAt: time,
  checkedAt: time,
  newestAdvisory: z.nullable(time),
  contentDate: z.exactOptional(z.nullable(time)),
  contentEvidence: z.exactOptional(z.nullable(z.enum(dateEvidence))),
  skipped: z.strictObject({
    count: z.number(),
    sample: z.array(z.strictObject({ key: z.string(), reason: z.string() })),
  }),
});

const lines = {
  feed: z.strictObject({ feed }),
  record: z.strictObject({ record: vulnerability }),
  kept: z.strictObject({ kept: vulnerability, for: namespace }),
  rating: z.strictObject({ rating: enrichment }),
} as const;

/** Returns the line that a parsed JSON value represents. Throws an `UnexpectedContent` at `place` for any other value. */
export function parseExportLine(value: unknown, place: string): ExportLine {
  const name = typeof value === 'object' && value !== null ? Object.keys(value)[0] : undefined;
  const schema = Object.entries(lines).find(([kind]) => kind === name)?.[1];
  if (schema === undefined) throw new UnexpectedContent(place, 'neither a feed, a record nor a rating');
  parseFeedValue(schema, value, place);
  // The value itself: the schema would reorder its members, and records are compared as JSON text.
  return value as ExportLine;
}
