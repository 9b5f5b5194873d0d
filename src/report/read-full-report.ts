import * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';
import { parseBySchema, parseJson } from '../kit/json/json-document.ts';
import { parseDigest } from '../model/digest.ts';
import { unfixedStates } from '../model/fix.ts';
import { packageEvidences } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import { severities } from '../model/severity.ts';
import { justifications } from '../model/suppression.ts';

const text = z.string();
const nullableText = z.nullable(text);
const digest = text.check(z.refine((value) => parseDigest(value) !== undefined, 'is not a digest'));
const texts = z.array(text);
const version = z.looseObject({ name: text, version: text });
const location = z.looseObject({ path: text, layer: z.nullable(digest) });
const evidenceKind = z.optional(z.enum(packageEvidences));
const parent = z.optional(z.looseObject({ name: text, version: z.optional(text) }));

const target = z.looseObject({
  reference: text,
  kind: text,
  manifest: z.nullable(digest),
  platform: nullableText,
  created: z.optional(text),
  subject: z.optional(z.looseObject({ reference: text, kind: nullableText })),
  names: z.optional(texts),
  digest: z.optional(digest),
  repoDigests: z.optional(texts),
});

const distro = z.looseObject({
  id: text,
  versionId: z.optional(text),
  versionCodename: z.optional(text),
  prettyName: z.optional(text),
  like: texts,
  supportEnd: z.optional(text),
});

const layer = z.looseObject({
  digest: z.nullable(digest),
  diffId: z.nullable(digest),
  sizeBytes: z.number(),
  createdBy: nullableText,
  verified: z.boolean(),
});

const listed = z.looseObject({
  type: text,
  name: text,
  version: text,
  arch: z.optional(text),
  source: z.optional(version),
  purl: text,
  location,
  foundBy: text,
  evidence: evidenceKind,
  parent,
  owner: z.optional(text),
  supplier: z.optional(text),
  vendor: z.optional(text),
  modularity: z.optional(text),
  licence: z.optional(text),
  replaces: z.optional(version),
  origin: z.optional(text),
  proof: z.optional(text),
  licenses: z.optional(texts),
  hashes: z.optional(texts),
  dependsOn: z.optional(texts),
  repositories: z.optional(texts),
  locations: z.optional(
    z.array(z.extend(location, { evidence: evidenceKind, parent, owner: z.optional(text) })),
  ),
});

const vulnerability = z.looseObject({
  id: text,
  aliases: texts,
  advisories: z.array(z.looseObject({ id: text, link: nullableText, fixedVersion: nullableText })),
  severity: z.enum(severities),
  severitySource: z.optional(nullableText),
  cvss: z.array(z.looseObject({ source: text, vector: text, score: z.optional(z.number()) })),
  description: nullableText,
  links: texts,
  source: text,
  kev: z.nullable(z.boolean()),
  exploited: z.optional(z.array(z.looseObject({ source: text, date: text }))),
  epss: z.nullable(z.number()),
  weaknesses: z.optional(texts),
});

const range = z.looseObject({
  from: z.optional(text),
  fromExcluded: z.optional(z.literal(true)),
  to: z.optional(text),
  toIncluded: z.optional(z.literal(true)),
});

const match = z.looseObject({
  vulnerability,
  package: z.looseObject({
    type: text,
    name: text,
    version: text,
    source: z.nullable(version),
    purl: text,
    location,
    evidence: evidenceKind,
    parent,
    locationCount: z.optional(z.number()),
    fromBase: z.optional(z.literal(true)),
  }),
  fix: z.union([
    z.looseObject({ state: z.literal('fixed'), version: text, availableSince: z.optional(text) }),
    z.looseObject({ state: z.enum(unfixedStates) }),
  ]),
  evidence: z.array(
    z.looseObject({
      source: text,
      advisory: text,
      namespace: text,
      package: text,
      installed: text,
      range,
      versionScheme: text,
    }),
  ),
});

const paths = z.looseObject({ count: z.number(), paths: texts });
const list = z.looseObject({
  source: text,
  status: z.enum(['complete', 'stale']),
  contentDate: nullableText,
  fetchedAt: text,
  reason: nullableText,
});

const fullReportSchema = z.looseObject({
  schemaVersion: z.literal(1),
  target,
  distro: z.nullable(distro),
  namespaces: z.array(z.looseObject({ name: text, versionScheme: text })),
  layers: z.array(layer),
  base: z.optional(
    z.looseObject({
      reference: text,
      digest: z.optional(digest),
      layers: z.number(),
      knownBy: z.enum(['option', 'database']),
    }),
  ),
  packages: z.array(listed),
  unread: z.optional(z.array(z.extend(paths, { kind: text }))),
  matches: z.array(match),
  suppressed: z.array(z.extend(match, { reason: text, justification: z.optional(z.enum(justifications)) })),
  ratings: z.optional(
    z.looseObject({
      unrated: z.number(),
      knowsExploited: z.boolean(),
      knowsEpss: z.boolean(),
      reason: nullableText,
      lists: z.optional(z.array(list)),
    }),
  ),
  attachedVex: z.optional(z.looseObject({ documents: z.number(), refused: z.number(), unreadable: texts })),
  verdict: z.enum(['vulnerable', 'clean', 'not-assessed']),
  coverage: z.array(
    z.looseObject({
      namespace: text,
      status: z.enum(['complete', 'stale', 'missing', 'unsupported']),
      newestAdvisory: nullableText,
      fetchedAt: nullableText,
      contentDate: z.optional(nullableText),
      reason: nullableText,
      evidence: z.optional(paths),
    }),
  ),
  statuses: z.array(
    z.looseObject({
      extension: text,
      status: z.enum(['succeeded', 'partly-failed', 'failed']),
      files: z.array(z.looseObject({ path: text, layer: z.nullable(digest), problem: nullableText })),
    }),
  ),
});

/**
 * Reads a whole report, as `jsonFormat` writes it, from another server. Only the decisions on suppressed findings are missing. Throws
 * `target-corrupt` with the first problem.
 */
export function readFullReport(name: string, bytes: Buffer): Report {
  const json = parseJson(
    bytes,
    (fault, cause) => new ClairError('target-corrupt', `${name} ${fault}`, { cause }),
  );
  return parseBySchema(
    fullReportSchema,
    json,
    ({ fault }) => new ClairError('target-corrupt', `${name} ${fault}`),
  ) as unknown as Report;
}
