import type { Fix } from '../../model/fix.ts';
import type { ReportedPackage } from '../../model/package.ts';
import type { Evidence, ReportVulnerability } from '../../model/report.ts';
import { type Severity, severities } from '../../model/severity.ts';
import type { FindingSum } from '../../model/upgrade.ts';

/** The parts of a finding that upgrades depend on. A match of a report has them all. */
export interface UpgradableFinding {
  readonly vulnerability: Pick<ReportVulnerability, 'id' | 'severity' | 'kev' | 'epss'>;
  readonly package: Pick<ReportedPackage, 'type' | 'name' | 'version' | 'source' | 'parent'>;
  readonly fix: Fix;
  readonly evidence: readonly Pick<
    Evidence,
    'namespace' | 'package' | 'installed' | 'range' | 'versionScheme'
  >[];
}

/** A finding, and how much it counts. */
export interface WeighedFinding extends UpgradableFinding {
  /** Number of images that have it. */
  readonly weight: number;
  /** The sum of the weights of these images, by which its risk counts. Their number if absent. */
  readonly importance?: number;
  /** Whether a rebuild of the image installs the fixed version without a change of its instructions. */
  readonly isRebuilt?: boolean;
  /** Whether it comes from the base image. */
  readonly isOfBase?: boolean;
  /** Of many images: the key of the move to a newer base image that replaces it. */
  readonly move?: string | undefined;
}

/** Counts findings, each by its weight. */
export function sumOf(findings: readonly WeighedFinding[]): FindingSum {
  const counts = new Map<Severity, number>();
  let exploited = 0;
  let all = 0;
  for (const { vulnerability, weight } of findings) {
    counts.set(vulnerability.severity, (counts.get(vulnerability.severity) ?? 0) + weight);
    if (vulnerability.kev === true) exploited += weight;
    all += weight;
  }
  const bySeverity = severities.map((severity) => [severity, counts.get(severity) ?? 0]);
  return { ...(Object.fromEntries(bySeverity) as Record<Severity, number>), findings: all, exploited };
}

/** Subtracts a sum from another one. Numbers may become negative. */
export function differenceOfSums(from: FindingSum, less: FindingSum): FindingSum {
  const keys = Object.keys(from) as (keyof FindingSum)[];
  return Object.fromEntries(keys.map((key) => [key, from[key] - less[key]])) as unknown as FindingSum;
}
