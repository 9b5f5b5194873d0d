import { type Severity, severities } from '../../../model/severity.ts';

/** Severities from the worst: the position of one is its rank, so that lists in rising order begin with the worst. */
export const severityRanks: readonly Severity[] = severities.toReversed();

/** Returns the rank of a severity: 0 for the worst. */
export function rankOf(severity: Severity): number {
  return severityRanks.indexOf(severity);
}

/** Returns the severity with a rank. */
export function severityOfRank(rank: number): Severity {
  return severityRanks[rank] ?? 'Unknown';
}

/** Scores are stored as whole numbers of this unit. */
const unitsPerScore = 1e9;

/** Returns a score as it is stored. */
export function scoreUnits(score: number | null): number | null {
  return score === null ? null : Math.round(score * unitsPerScore);
}

/** Returns the score that is stored. */
export function scoreOfUnits(units: number | null): number | null {
  return units === null ? null : units / unitsPerScore;
}
