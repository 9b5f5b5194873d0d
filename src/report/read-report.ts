import * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';
import { parseBySchema, parseJson } from '../kit/json/json-document.ts';
import { unfixedStates } from '../model/fix.ts';
import { packageEvidences, packageOrigins } from '../model/package.ts';
import { severities } from '../model/severity.ts';

const fix = z.union([
  z.object({ state: z.literal('fixed'), version: z.string() }),
  z.object({ state: z.enum(unfixedStates) }),
]);

const item = z.object({ type: z.string(), name: z.string(), version: z.string() });

/** The fields of a saved report that comparisons need; others are ignored. */
const savedReportSchema = z.object({
  schemaVersion: z.literal(1),
  target: z.object({ reference: z.string() }),
  packages: z.array(item),
  matches: z.array(
    z.object({
      vulnerability: z.object({ id: z.string(), severity: z.enum(severities) }),
      package: item,
      fix,
    }),
  ),
  verdict: z.enum(['vulnerable', 'clean', 'not-assessed']),
});

const place = z.object({ path: z.string() });
const sourcePackage = z.object({ name: z.string(), version: z.string() });
const finding = z.object({
  vulnerability: z.object({
    id: z.string(),
    aliases: z.array(z.string()),
    advisories: z.array(z.object({ id: z.string() })),
    severity: z.enum(severities),
  }),
  package: z.extend(item, {
    source: z.nullable(sourcePackage),
    location: place,
    evidence: z.optional(z.enum(packageEvidences)),
  }),
  fix,
});

/** The fields of a saved report that comparisons with other scanners need. */
const detailedReportSchema = z.extend(savedReportSchema, {
  packages: z.array(
    z.extend(item, {
      source: z.optional(sourcePackage),
      evidence: z.optional(z.enum(packageEvidences)),
      owner: z.optional(z.string()),
      origin: z.optional(z.enum(packageOrigins)),
      location: place,
      locations: z.optional(z.array(place)),
    }),
  ),
  matches: z.array(finding),
  suppressed: z.array(z.extend(finding, { reason: z.string() })),
  coverage: z.array(
    z.object({
      namespace: z.string(),
      status: z.enum(['complete', 'stale', 'missing', 'unsupported']),
      reason: z.nullable(z.string()),
      contentDate: z.optional(z.nullable(z.string())),
      evidence: z.optional(z.unknown()),
    }),
  ),
  unread: z.optional(z.array(z.object({ paths: z.array(z.string()) }))),
});

/** The fields of a saved report for a comparison with other scanners. */
export type DetailedReport = z.infer<typeof detailedReportSchema>;

/** The comparable fields of a saved report. */
export type SavedReport = z.infer<typeof savedReportSchema>;

/** Returns whether a file may be a saved report: its first key is `schemaVersion`. */
export function looksLikeReport(start: Uint8Array): boolean {
  return /^\s*\{\s*"schemaVersion"/.test(Buffer.from(start).toString('utf8'));
}

/**
 * Reads a report of `clair scan --format json`. Returns undefined for an inventory of `clair sbom`, which has no findings. Throws
 * `target-corrupt` with the first problem.
 */
export function readReport(path: string, bytes: Buffer): SavedReport | undefined {
  return readBySchema(savedReportSchema, path, bytes);
}

/** Like `readReport`, with the fields for a comparison with other scanners. */
export function readDetailedReport(path: string, bytes: Buffer): DetailedReport | undefined {
  return readBySchema(detailedReportSchema, path, bytes);
}

function readBySchema<T extends z.ZodMiniType>(
  schema: T,
  path: string,
  bytes: Buffer,
): z.output<T> | undefined {
  const json = parseJson(bytes, (fault, cause) => corrupt(`${path} is not a report: it ${fault}`, cause));
  if (isInventory(json)) return undefined;
  return parseBySchema(schema, json, ({ fault }) =>
    corrupt(`${path} is not a report of clair scan --format json: it ${fault}`),
  );
}

/** Returns whether a document is an inventory, which is a report without findings. */
function isInventory(json: unknown): boolean {
  const { schemaVersion, packages, matches } = Object(json) as Readonly<Record<string, unknown>>;
  return schemaVersion === 1 && Array.isArray(packages) && matches === undefined;
}

function corrupt(message: string, cause?: unknown): ClairError {
  return new ClairError('target-corrupt', message, { cause });
}
