import * as z from 'zod/mini';
import { unfixedStates } from '../../model/fix.ts';
import { severities } from '../../model/severity.ts';

const text = z.string();
const texts = z.array(text);
const yes = z.optional(z.literal(true));
const severity = z.enum(severities);
const namespace = z.strictObject({ name: text, versionScheme: text });
const metadata = z.optional(z.record(text, z.unknown()));
const cvss = z.array(z.strictObject({ source: text, vector: text, score: z.optional(z.number()) }));

const fix = z.union([
  z.strictObject({ state: z.literal('fixed'), version: text }),
  z.strictObject({ state: z.enum(unfixedStates) }),
]);

const range = z.strictObject({
  from: z.optional(text),
  fromExcluded: yes,
  to: z.optional(text),
  toIncluded: yes,
});

const only = z.optional(
  z.strictObject({
    arch: z.optional(texts),
    module: z.optional(text),
    flavour: z.optional(z.enum(['ksplice', 'fips'])),
    products: z.optional(texts),
    imports: z.optional(z.array(z.strictObject({ path: text, symbols: z.optional(texts) }))),
  }),
);

/** Hits that a shard returns. Columns have types, but a file may have any text in them. */
export const shardHits: z.ZodMiniType = z.array(
  z.looseObject({
    source: text,
    id: text,
    aliases: texts,
    description: z.nullable(text),
    title: z.optional(text),
    issued: z.optional(text),
    links: texts,
    severity,
    cvss,
    metadata,
    affectedPackage: text,
    namespace,
    range,
    fix,
    only,
  }),
);

/** Names of packages that a shard returns. */
export const shardNames: z.ZodMiniType = z.array(z.strictObject({ name: text, source: text }));

/** Records that a shard returns. */
export const shardRecords: z.ZodMiniType = z.array(
  z.looseObject({
    id: text,
    aliases: texts,
    description: z.optional(text),
    title: z.optional(text),
    issued: z.optional(text),
    links: texts,
    severity,
    cvss,
    metadata,
    modified: z.optional(text),
    affected: z.array(
      z.looseObject({ namespace, package: text, range, fix, severity: z.optional(severity), only }),
    ),
  }),
);

/** Enrichments that a shard returns. */
export const shardRatings: z.ZodMiniType = z.array(
  z.strictObject({
    id: text,
    source: text,
    cvss: z.optional(cvss),
    severity: z.optional(severity),
    assigner: z.optional(text),
    contradiction: z.optional(text),
    description: z.optional(text),
    weaknesses: z.optional(texts),
    published: z.optional(text),
    exploited: z.optional(z.strictObject({ since: text, due: z.optional(text), ransomware: z.boolean() })),
    exploitedBy: z.optional(z.array(z.strictObject({ source: text, date: text }))),
    aliases: z.optional(texts),
    epss: z.optional(z.strictObject({ score: z.number(), percentile: z.number() })),
    rejected: yes,
  }),
);
