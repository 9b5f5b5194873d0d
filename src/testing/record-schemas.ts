import * as z from 'zod/mini';
import { parseFeedValue } from '../core/corrupt-feed.ts';
import type { Enrichment } from '../model/enrichment.ts';
import { unfixedStates } from '../model/fix.ts';
import { statementIssuers } from '../model/product-statement.ts';
import { severities } from '../model/severity.ts';
import type { Vulnerability } from '../model/vulnerability.ts';

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
  issued: z.exactOptional(time),
  affected: z.array(affected),
});

const status = z.enum(['affected', 'unaffected', 'unknown']);

const statement = z.strictObject({
  product: z.string(),
  by: z.enum(statementIssuers),
  otherVersions: z.exactOptional(status),
  versions: z.array(
    z.strictObject({
      status,
      version: z.string(),
      startExcluded: yes,
      lessThan: z.exactOptional(z.string()),
      lessThanOrEqual: z.exactOptional(z.string()),
      versionType: z.exactOptional(z.string()),
      changes: z.exactOptional(z.array(z.strictObject({ at: z.string(), status }))),
    }),
  ),
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
  exploitedBy: z.exactOptional(z.array(z.strictObject({ source: z.string(), date: time }))),
  aliases: z.exactOptional(texts),
  epss: z.exactOptional(z.strictObject({ score: z.number(), percentile: z.number() })),
  products: z.exactOptional(z.array(statement)),
  rejected: yes,
});

/** Throws an `UnexpectedContent` at `place` unless a value is a vulnerability with no other members. */
export function assertVulnerability(value: unknown, place: string): void {
  parseFeedValue(vulnerability, value, place);
}

/** Throws an `UnexpectedContent` at `place` unless a value is an enrichment with no other members. */
export function assertEnrichment(value: unknown, place: string): void {
  parseFeedValue(enrichment, value, place);
}
