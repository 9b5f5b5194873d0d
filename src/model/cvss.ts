import { baseScore4 } from './cvss4.ts';
import { compareSeverity, type Severity, severityOfScore } from './severity.ts';
import type { CvssVector } from './vulnerability.ts';

/** Weights by metric and value, as the specifications print them. */
type Weights = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** CVSS 3.1 §7.4. `PR` is for an unchanged scope. */
const weights3: Weights = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  PR: { N: 0.85, L: 0.62, H: 0.27 },
  UI: { N: 0.85, R: 0.62 },
  S: { U: 0, C: 1 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};
const privilegesOfChangedScope: Readonly<Record<string, number>> = { N: 0.85, L: 0.68, H: 0.5 };

/** CVSS 2.0 §3.2.1. */
const weights2: Weights = {
  AV: { L: 0.395, A: 0.646, N: 1 },
  AC: { H: 0.35, M: 0.61, L: 0.71 },
  Au: { M: 0.45, S: 0.56, N: 0.704 },
  C: { N: 0, P: 0.275, C: 0.66 },
  I: { N: 0, P: 0.275, C: 0.66 },
  A: { N: 0, P: 0.275, C: 0.66 },
};

/** Returns the base score of a CVSS vector of version 2.0, 3.0, 3.1 or 4.0. Undefined for any other text. */
export function baseScore(vector: string): number | undefined {
  if (vector.startsWith('CVSS:4.0/')) return baseScore4(vector);
  const prefix = /^CVSS:3\.[01]\//.exec(vector)?.[0];
  if (prefix === undefined) return score2(new Map(metricsOf(vector)));
  return score3(new Map(metricsOf(vector.slice(prefix.length))));
}

/** Returns a vector with its base score, if that can be computed. Some vendors end a vector with a slash. */
export function toCvssVector(source: string, vector: string): CvssVector {
  const text = vector.trim().replace(/\/$/, '');
  const score = baseScore(text);
  return { source, vector: text, ...(score !== undefined && { score }) };
}

/**
 * Returns the severity of a base score by the bands of CVSS 3.1 §5, which also apply to 4.0. CVSS 2.0 has no Critical. A score of 0 is
 * Negligible.
 */
export function cvssSeverity({ vector, score }: CvssVector): Severity {
  const severity = severityOfScore(score ?? Number.NaN);
  return severity === 'Critical' && !vector.startsWith('CVSS:') ? 'High' : severity;
}

/** The versions of CVSS, the preferred one first. Issuers and their customers have set their thresholds for 3.1. */
const preferredVersions = ['3.1', '4.0', '3.0', '2.0'];

/** Returns the version at the start of a CVSS vector. Vectors of version 2 do not state it. */
export function cvssVersion({ vector }: CvssVector): string {
  return /^CVSS:([\d.]+)\//.exec(vector)?.[1] ?? '2.0';
}

/** Compares two versions of CVSS, the preferred one first. Unknown versions are last. */
export function compareCvssVersions(a: string, b: string): number {
  return rankOfVersion(a) - rankOfVersion(b);
}

function rankOfVersion(version: string): number {
  const rank = preferredVersions.indexOf(version);
  return rank < 0 ? preferredVersions.length : rank;
}

/** Returns the severity of several vectors of one issuer: the worst among those of the preferred version that has a score. */
export function severityOfVectors(vectors: readonly CvssVector[]): Severity {
  const scored = vectors.filter(({ score }) => score !== undefined);
  const [version] = scored.map(cvssVersion).sort(compareCvssVersions);
  const [worst = 'Unknown'] = scored
    .filter((vector) => cvssVersion(vector) === version)
    .map(cvssSeverity)
    .sort((a, b) => compareSeverity(b, a));
  return worst;
}

function metricsOf(text: string): [string, string][] {
  return text.split('/').map((metric) => {
    const [name = '', value = ''] = metric.split(':');
    return [name, value];
  });
}

/** The weight of each metric. Undefined if one is missing or has a value that the version does not define. */
function weigh(
  weights: Weights,
  metrics: ReadonlyMap<string, string>,
): ((metric: string) => number) | undefined {
  const found = new Map<string, number>();
  for (const [metric, values] of Object.entries(weights)) {
    const value = metrics.get(metric);
    const weight = value !== undefined && Object.hasOwn(values, value) ? values[value] : undefined;
    if (weight === undefined) return undefined;
    found.set(metric, weight);
  }
  return (metric) => found.get(metric) ?? 0;
}

function score3(metrics: ReadonlyMap<string, string>): number | undefined {
  const weight = weigh(weights3, metrics);
  if (weight === undefined) return undefined;
  const isChanged = weight('S') === 1;
  const privileges = isChanged ? (privilegesOfChangedScope[metrics.get('PR') ?? ''] ?? 0) : weight('PR');
  const base = 1 - (1 - weight('C')) * (1 - weight('I')) * (1 - weight('A'));
  const impact = isChanged ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base;
  if (impact <= 0) return 0;
  const exploitability = 8.22 * weight('AV') * weight('AC') * privileges * weight('UI');
  return roundUp(Math.min((isChanged ? 1.08 : 1) * (impact + exploitability), 10));
}

/** CVSS 3.1 Appendix A: rounds up to one decimal, without floating-point errors. */
function roundUp(value: number): number {
  const whole = Math.round(value * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}

function score2(metrics: ReadonlyMap<string, string>): number | undefined {
  const weight = weigh(weights2, metrics);
  if (weight === undefined) return undefined;
  const impact = 10.41 * (1 - (1 - weight('C')) * (1 - weight('I')) * (1 - weight('A')));
  const exploitability = 20 * weight('AV') * weight('AC') * weight('Au');
  const factor = impact === 0 ? 0 : 1.176;
  return Math.round((0.6 * impact + 0.4 * exploitability - 1.5) * factor * 10) / 10;
}
