import { type Severity, severities } from '../../model/severity.ts';
import type { UpgradePrior } from '../../model/upgrade.ts';
import type { WeighedFinding } from './weighed-finding.ts';

/**
 * The weight of each severity. Those of Negligible to Critical are Grype's (`grype/vulnerability/metadata.go`). A finding of unknown severity
 * counts as Medium, because it may have any.
 */
export const severityWeights: Readonly<Record<Severity, number>> = {
  Unknown: 0.5,
  Negligible: 0.05,
  Low: 0.3,
  Medium: 0.5,
  High: 0.75,
  Critical: 0.9,
  Defcon1: 1,
};

/**
 * The probability of exploitation that counts if too few findings of a severity have an EPSS score. They are chosen, not measured: small,
 * as most EPSS scores are, rising with the severity, and never 0.
 */
export const constantPriors: Readonly<Record<Severity, number>> = {
  Unknown: 0.002,
  Negligible: 0.0005,
  Low: 0.001,
  Medium: 0.002,
  High: 0.005,
  Critical: 0.01,
  Defcon1: 0.05,
};

/** The number of scores from which on their median counts instead of a constant. */
const scoresMin = 10;

/** The probability that a score of 0 counts as. It is the last digit of the list: the model is never certain. */
const leastScore = 0.00001;

/** Estimated probabilities of exploitation, by severity. */
export type UpgradePriors = ReadonlyMap<Severity, UpgradePrior>;

/**
 * Returns the estimates for findings without an EPSS score: the median of the scores of their severity among the findings, each
 * vulnerability once, or a constant if fewer than ten have one. Severities that need no estimate are absent.
 */
export function priorsOf(findings: readonly WeighedFinding[]): UpgradePriors {
  const scores = Object.groupBy(scoredOnce(findings), ({ severity }) => severity);
  const lacking = new Map<Severity, number>();
  for (const { vulnerability, weight } of findings) {
    const { severity, epss, kev } = vulnerability;
    if (epss === null && kev !== true) lacking.set(severity, (lacking.get(severity) ?? 0) + weight);
  }
  const needed = severities.filter((severity) => lacking.has(severity));
  return new Map(
    needed.map((severity) => {
      const known = (scores[severity] ?? []).map(({ score }) => score);
      return [severity, { severity, ...priorFrom(severity, known), findings: lacking.get(severity) ?? 0 }];
    }),
  );
}

interface SeverityScore {
  readonly severity: Severity;
  readonly score: number;
}

function scoredOnce(findings: readonly WeighedFinding[]): readonly SeverityScore[] {
  const byId = new Map<string, SeverityScore>();
  for (const { vulnerability } of findings) {
    const { id, severity, epss } = vulnerability;
    if (epss !== null) byId.set(`${severity} ${id}`, { severity, score: epss });
  }
  return [...byId.values()];
}

function priorFrom(
  severity: Severity,
  scores: readonly number[],
): Pick<UpgradePrior, 'probability' | 'by' | 'scores'> {
  const median = scores.toSorted((a, b) => a - b)[Math.floor(scores.length / 2)];
  return scores.length < scoresMin || median === undefined
    ? { probability: constantPriors[severity], by: 'constant', scores: scores.length }
    : { probability: Math.max(median, leastScore), by: 'median', scores: scores.length };
}

/**
 * Returns the risk of a finding: its probability of exploitation × the weight of its severity × its importance. The probability is 1 if it is
 * known to be exploited, else its EPSS score, else an estimate. It is never 0.
 */
export function riskOf(
  { vulnerability, weight, importance = weight }: WeighedFinding,
  priors: UpgradePriors,
): number {
  const { severity, epss, kev } = vulnerability;
  const estimate = priors.get(severity)?.probability ?? constantPriors[severity];
  const probability = kev === true ? 1 : Math.max(epss ?? estimate, leastScore);
  return probability * severityWeights[severity] * importance;
}

/** Returns the sum of the risks of findings. */
export function totalRisk(findings: readonly WeighedFinding[], priors: UpgradePriors): number {
  return findings.reduce((sum, finding) => sum + riskOf(finding, priors), 0);
}
