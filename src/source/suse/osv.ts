import * as z from 'zod/mini';
import { boundedParse } from '../../kit/json/json-document.ts';
import type { FeedRecord } from '../../plugin/index.ts';
import { skippedEntry } from '../osv/advisory.ts';
import { type OsvEntry, type OsvRecord, severityInSummary } from '../osv/record.ts';
import { vendorAdvisoryOf } from '../osv/vendor-advisory.ts';
import { mergedRows, type Part } from '../rows.ts';
import { partsOn } from './product.ts';

/** The packages built from the source package of an entry: `[{"libzzip-0-13": "0.13.72-150600.4.3.1"}]`. */
const specific = z.object({ binaries: z.array(z.record(z.string(), z.string())) });

/**
 * Yields an advisory in OSV form. Its ranges are of source packages, which rpm does not record; `binaries` has the
 * packages. Reports an entry without them, since its affected packages are unknown.
 */
export function* readOsvRecord(record: OsvRecord): Generator<FeedRecord> {
  if (record.withdrawn) return;
  const parts: Part[] = [];
  for (const entry of record.affected ?? []) {
    const { ecosystem = '' } = entry.package ?? {};
    const found = partsOf(entry, releaseTargetsOf(ecosystem));
    if (found !== undefined) parts.push(...found);
    else yield skippedEntry(record.id, entry, 'it lists no packages of the source package');
  }
  const affected = mergedRows(parts);
  if (affected.length === 0) return;
  yield vendorAdvisoryOf('SUSE', record, { severity: severityInSummary(record), affected });
}

type ReleaseTarget = ReturnType<typeof partsOn>[number];

/** Returns the releases of an ecosystem, `SUSE:Linux Enterprise Server 15 SP6` or `openSUSE:Leap 15.6`. */
function releaseTargetsOf(ecosystem: string): readonly ReleaseTarget[] {
  return partsOn(ecosystem.replace(':', ' '));
}

/** Returns the rows of an entry in each of these releases; undefined if its packages are unknown. */
function partsOf(
  { ecosystem_specific }: OsvEntry,
  releaseTargets: readonly ReleaseTarget[],
): Part[] | undefined {
  if (releaseTargets.length === 0) return [];
  const found = boundedParse(specific, ecosystem_specific);
  if (!found?.success) return undefined;
  const parts = found.data.binaries.flatMap((binaries) =>
    Object.entries(binaries).flatMap(([name, version]) =>
      releaseTargets.map((releaseTarget) => ({ ...releaseTarget, package: name, to: version })),
    ),
  );
  return parts.length === 0 ? undefined : parts;
}
