import * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';
import { parseBySchema, parseJson } from '../kit/json/json-document.ts';
import { unfixedStates } from '../model/fix.ts';
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
  const json = parseJson(bytes, (fault, cause) => corrupt(`${path} is not a report: it ${fault}`, cause));
  if (isInventory(json)) return undefined;
  return parseBySchema(savedReportSchema, json, ({ fault }) =>
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
