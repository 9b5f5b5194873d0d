/** The parts of a finding by which reports of an image differ. */
export interface ComparedFinding {
  readonly vulnerability: { readonly id: string; readonly severity: string };
  readonly package: {
    readonly name: string;
    readonly version: string;
    readonly location: { readonly path: string };
  };
  readonly fix: { readonly state: string; readonly version?: string };
}

/** Numbers of findings that two reports of an image differ in. */
export interface ReportChanges {
  readonly added: number;
  readonly gone: number;
  /** Findings of both with another severity or fix. */
  readonly other: number;
}

/** Compares the findings of an earlier report with those of a later one. */
export function countChanges(
  before: readonly ComparedFinding[],
  after: readonly ComparedFinding[],
): ReportChanges {
  const [earlier, later] = [contentsOf(before), contentsOf(after)];
  const both = [...later].filter(([identity]) => earlier.has(identity));
  return {
    added: later.size - both.length,
    gone: earlier.size - both.length,
    other: both.filter(([identity, content]) => earlier.get(identity) !== content).length,
  };
}

/** Returns what may change of each finding, by what identifies it. */
function contentsOf(findings: readonly ComparedFinding[]): ReadonlyMap<string, string> {
  return new Map(
    findings.map(({ vulnerability: { id, severity }, package: { name, version, location }, fix }) => [
      [id, name, version, location.path].join('\n'),
      [severity, fix.state, fix.version ?? ''].join('\n'),
    ]),
  );
}
