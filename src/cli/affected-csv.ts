import { csvLine } from '../kit/csv.ts';
import type { Match } from '../model/report.ts';
import type { AffectedEntry } from '../service/notifications/affected-images.ts';

/** A finding as the lists show it. */
export interface ShownFinding {
  readonly vulnerability: Pick<Match['vulnerability'], 'id' | 'severity'>;
  readonly package: Pick<Match['package'], 'type' | 'name' | 'version'> & {
    readonly location: { readonly path: string; readonly layer?: string | null | undefined };
  };
  readonly fix: { readonly state: string; readonly version?: string | undefined };
}

/** An affected image as the lists show it: of the database of this machine or of a server. */
export interface ShownEntry extends Pick<AffectedEntry, 'identity' | 'names' | 'isCertain'> {
  /** Equal for the entries of one image. */
  readonly image: number | string;
  readonly known: { readonly reference: string; readonly untaggedSince: string | null } | null;
  readonly findings: readonly ShownFinding[];
}

const columns = [
  ...['image', 'vulnerability', 'severity', 'type', 'package', 'version', 'fix_state', 'fixed_in'],
  ...['layer', 'path', 'certain'],
];

/** Renders one line of CSV for each package of each image, after a line with the names of the columns. `nameOf` names an image. */
export function affectedCsv(entries: readonly ShownEntry[], nameOf: (entry: ShownEntry) => string): string[] {
  const rows = entries.flatMap((entry) =>
    entry.findings.map((finding) => [nameOf(entry), ...cellsOf(entry, finding)]),
  );
  return [columns, ...rows].map((cells) => `${csvLine(cells)}\n`);
}

function cellsOf({ isCertain }: ShownEntry, { vulnerability, package: found, fix }: ShownFinding): string[] {
  return [
    vulnerability.id,
    vulnerability.severity,
    found.type,
    found.name,
    found.version,
    fix.state,
    fix.state === 'fixed' ? (fix.version ?? '') : '',
    found.location.layer ?? '',
    found.location.path,
    isCertain ? 'yes' : 'perhaps',
  ];
}
