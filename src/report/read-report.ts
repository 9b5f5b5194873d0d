import * as z from 'zod/mini';
import { ClairError, messageOf } from '../kit/errors.ts';
import { unfixedStates } from '../model/fix.ts';
import { severities } from '../model/severity.ts';

const fix = z.union([
  z.object({ state: z.literal('fixed'), version: z.string() }),
  z.object({ state: z.enum(unfixedStates) }),
]);

const item = z.object({ type: z.string(), name: z.string(), version: z.string() });

/** What a report of ours must have for it to be compared with another; the rest is passed over. */
const earlierReport = z.object({
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

/** A report that was written earlier, as far as it can be compared with another. */
export type EarlierReport = z.infer<typeof earlierReport>;

/** Whether what begins so may be a report of ours: its version comes first. */
export function looksLikeReport(start: Uint8Array): boolean {
  return /^\s*\{\s*"schemaVersion"/.test(
    Buffer.from(start)
      .toString('utf8')
      .replace(/^\uFEFF/, ''),
  );
}

/**
 * Reads a report that `clair scan --format json` wrote; undefined where it is what `clair sbom` wrote, which knows no findings. Throws
 * `target-corrupt` naming what is wrong in it.
 */
export function readReport(path: string, bytes: Buffer): EarlierReport | undefined {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ClairError('target-corrupt', `${path} is no report: it is not JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const parsed = earlierReport.safeParse(json);
  if (parsed.success) return parsed.data;
  if (isInventory(json)) return undefined;
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw new ClairError(
    'target-corrupt',
    `${path} is no report of clair scan --format json: ${issue?.message ?? 'unknown'}${at}`,
  );
}

const inventory = z.object({
  schemaVersion: z.literal(1),
  packages: z.array(z.unknown()),
  matches: z.optional(z.never()),
});

function isInventory(json: unknown): boolean {
  return inventory.safeParse(json).success;
}
