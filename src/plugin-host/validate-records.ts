import * as z from 'zod/mini';
import { unfixedStates } from '../model/fix.ts';
import { severities } from '../model/severity.ts';
import type { Affected, CvssVector } from '../model/vulnerability.ts';
import type {
  FeedRecord,
  SkippedRecord,
  VulnerabilityRecord,
  WithdrawnRecord,
} from '../plugin/advisory-source.ts';
import type { EnrichmentRecord, RatingRecord, ScoresRecord } from '../plugin/enricher.ts';
import { type Fields, schemaByKind } from './contract-schema.ts';

const text = z.string('must be a string');
const word = text.check(z.minLength(1, 'must not be empty'));
const texts = z.array(text, 'must be an array of strings');
const number = z.number('must be a number');
const severity = z.enum(severities, `must be one of ${severities.join(', ')}`);
const present = z.literal(true, 'must be true or absent');

const cvss = z.array(
  z.strictObject({ source: word, vector: word, score: z.optional(number) } satisfies Fields<CvssVector>),
  'must be an array of vectors',
);

const fix = z.union(
  [
    z.strictObject({ state: z.literal('fixed'), version: word }),
    z.strictObject({ state: z.enum(unfixedStates) }),
  ],
  'must be { state: "fixed", version } or another state without a version',
);

const affected = z.strictObject({
  namespace: z.strictObject({ name: word, versionScheme: word }, 'must have a name and a versionScheme'),
  package: word,
  range: z.strictObject(
    {
      from: z.optional(word),
      fromExcluded: z.optional(present),
      to: z.optional(word),
      toIncluded: z.optional(present),
    },
    'must be an object; an empty one means every version',
  ),
  fix,
  severity: z.optional(severity),
  only: z.optional(z.looseObject({}, 'must be an object')),
} satisfies Fields<Affected>);

const vulnerability = z.strictObject({
  kind: z.literal('vulnerability'),
  key: word,
  id: word,
  aliases: texts,
  description: z.optional(text),
  title: z.optional(text),
  links: texts,
  severity,
  cvss,
  metadata: z.optional(z.record(z.string(), z.unknown(), 'must be an object')),
  modified: z.optional(text),
  issued: z.optional(text),
  affected: z.array(affected, 'must be an array'),
} satisfies Fields<VulnerabilityRecord>);

const enrichment = z.strictObject({
  kind: z.literal('enrichment'),
  id: word,
  cvss: z.optional(cvss),
  severity: z.optional(severity),
  assigner: z.optional(word),
  contradiction: z.optional(text),
  description: z.optional(text),
  weaknesses: z.optional(texts),
  published: z.optional(text),
  exploited: z.optional(
    z.strictObject({
      since: word,
      due: z.optional(word),
      ransomware: z.boolean('must be true or false'),
    }),
  ),
  exploitedBy: z.optional(z.array(z.strictObject({ source: word, date: word }), 'must be an array')),
  aliases: z.optional(texts),
  epss: z.optional(z.strictObject({ score: number, percentile: number })),
  rejected: z.optional(present),
  // Statements about products are read from built-in lists only.
} satisfies Fields<Omit<RatingRecord, 'products'>>);

const skipped = z.strictObject({
  kind: z.literal('skipped'),
  key: word,
  reason: text,
} satisfies Fields<SkippedRecord>);
const withdrawn = z.strictObject({
  kind: z.literal('withdrawn'),
  key: word,
} satisfies Fields<WithdrawnRecord>);
const scores = z.strictObject({
  kind: z.literal('scores'),
  batch: z.looseObject({ count: number }),
} satisfies Fields<ScoresRecord>);

const advisoryRecord = schemaByKind<FeedRecord>({ vulnerability, skipped, withdrawn });
const enrichmentRecord = schemaByKind<EnrichmentRecord>({ enrichment, scores, skipped });

/** Returns a record of a source if it is valid. Throws an error that names the record and the invalid member. */
export function validateAdvisory(record: FeedRecord): FeedRecord {
  assertSchema(record, advisoryRecord);
  return record;
}

/** Returns a record of an enricher if it is valid. Throws an error that names the record and the invalid member. */
export function validateEnrichment(record: EnrichmentRecord): EnrichmentRecord {
  assertSchema(record, enrichmentRecord);
  return record;
}

function assertSchema(record: unknown, schema: z.ZodMiniType): void {
  const { error } = schema.safeParse(record);
  const [issue] = error?.issues ?? [];
  if (issue === undefined) return;
  const { key, id } = (record ?? {}) as { readonly key?: unknown; readonly id?: unknown };
  const name = [key, id].find((one) => typeof one === 'string') ?? 'a record';
  throw new Error(`${name}: ${issueText(issue)}`);
}

function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown member ${issue.keys.join(', ')}`;
  const location = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return `${location.join('').replace(/^\./, '')} ${issue.message}`.trim();
}
