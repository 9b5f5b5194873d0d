import type { AgeFigures, AgeQuantile, SeverityAges } from '../../finding-age-store.ts';
import { rankOf, severityRanks } from '../finding-index/stored-values.ts';
import { type AgeGroup, ageGroupOf, type GroupCounts } from './age-groups.ts';

/** Findings of the same age. */
interface AgedFindings {
  /** In days. */
  readonly age: number;
  readonly isLowerBound: boolean;
  readonly findings: number;
}

/** The day on which open findings count, and the number of days before it, itself included, of closed ones. */
interface AgePeriod {
  readonly day: number;
  readonly days: number;
}

/** Returns the ages of findings by severity. */
export function severityAges(counts: GroupCounts, { day, days }: AgePeriod): SeverityAges[] {
  const groups = groupsOf(counts);
  return severityRanks.map((severity) => {
    const ofSeverity = groups.filter(({ rank }) => rank === rankOf(severity));
    return { severity, ...agesOf(ofSeverity, { day, days }) };
  });
}

/** Returns the same for all severities together. */
export function allAges(counts: GroupCounts, period: AgePeriod): Omit<SeverityAges, 'severity'> {
  return agesOf(groupsOf(counts), period);
}

type CountedGroup = AgeGroup & { readonly findings: number };

function groupsOf(counts: GroupCounts): CountedGroup[] {
  return [...counts].map(([code, findings]) => ({ ...ageGroupOf(code), findings }));
}

function agesOf(groups: readonly CountedGroup[], { day, days }: AgePeriod): Omit<SeverityAges, 'severity'> {
  const open = groups.filter(({ closed }) => closed === 0);
  const closed = groups.filter((group) => group.closed > day - days);
  return {
    open: figuresOf(open.map((group) => agedUntil(day, group))),
    closed: figuresOf(closed.map((group) => agedUntil(group.closed, group))),
  };
}

function agedUntil(end: number, { since, isLowerBound, findings }: CountedGroup): AgedFindings {
  return { age: Math.max(0, end - since), isLowerBound, findings };
}

function figuresOf(aged: readonly AgedFindings[]): AgeFigures {
  const rising = aged.toSorted((a, b) => a.age - b.age);
  return {
    findings: sumOf(aged),
    atLeast: sumOf(aged.filter(({ isLowerBound }) => isLowerBound)),
    median: quantileOf(rising, 50),
    p90: quantileOf(rising, 90),
  };
}

function sumOf(aged: readonly AgedFindings[]): number {
  return aged.reduce((sum, { findings }) => sum + findings, 0);
}

/** Returns the smallest age that a percentage of the findings does not exceed (nearest rank). Null if there are none. */
function quantileOf(rising: readonly AgedFindings[], percent: number): AgeQuantile | null {
  const place = Math.ceil((percent * sumOf(rising)) / 100);
  let passed = 0;
  for (const { age, findings } of rising) {
    passed += findings;
    if (passed < place) continue;
    // The lower bounds among them may really be higher. It is exact if the others alone reach the place.
    const known = rising.filter((one) => one.age <= age && !one.isLowerBound);
    return { days: age, isExact: sumOf(known) >= place };
  }
  return null;
}
