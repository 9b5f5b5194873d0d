import * as z from 'zod/mini';
import type { Affected, FeedRecord } from '../../plugin/index.ts';
import {
  commonOf,
  cvesOf,
  type OsvEntry,
  type OsvRecord,
  severityInSummary,
  vectorsOf,
} from '../osv/record.ts';
import { mergedRows, type Part } from '../rows.ts';
import { partsOn } from './product.ts';

/** The packages built from the source package that an entry names: `[{"libzzip-0-13": "0.13.72-150600.4.3.1"}]`. */
const specific = z.object({ binaries: z.array(z.record(z.string(), z.string())) });

/** An advisory in OSV form. Its ranges are of source packages, which rpm does not know; the packages stand beside them. */
export function* readOsvRecord(record: OsvRecord): Generator<FeedRecord> {
  if (record.withdrawn) return;
  const affected: Affected[] = mergedRows((record.affected ?? []).flatMap(partsOf));
  if (affected.length === 0) return;
  yield {
    ...commonOf(record),
    aliases: cvesOf(record),
    links: (record.references ?? []).filter(({ type }) => type === 'ADVISORY').map(({ url }) => url),
    severity: severityInSummary(record),
    cvss: vectorsOf('SUSE', record),
    affected,
  };
}

function partsOf({ package: named, ecosystem_specific }: OsvEntry): Part[] {
  const found = specific.safeParse(ecosystem_specific);
  // `SUSE:Linux Enterprise Server 15 SP6`, `openSUSE:Leap 15.6`.
  const places = partsOn(named?.ecosystem.replace(':', ' ') ?? '');
  if (!found.success) return [];
  return found.data.binaries.flatMap((binaries) =>
    Object.entries(binaries).flatMap(([name, version]) =>
      places.map((place) => ({ ...place, package: name, to: version })),
    ),
  );
}
