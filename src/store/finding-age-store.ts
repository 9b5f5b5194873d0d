import type { Severity } from '../model/severity.ts';
import type { CountingStep } from './finding-count-store.ts';

/** Which repositories count: all, one by its name, or all below a path: `registry.example/shop`. */
export type AgeScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'repository'; readonly name: string }
  | { readonly kind: 'below'; readonly path: string };

/** An age that a part of some findings does not exceed. */
export interface AgeQuantile {
  /** Whole days. */
  readonly days: number;
  /** False if it is only a lower bound: findings that decide it were there at the first count of their repository. */
  readonly isExact: boolean;
}

/** The ages of some findings. The quantiles are null if there are none of these findings. */
export interface AgeFigures {
  readonly findings: number;
  /** Those whose age is only a lower bound. */
  readonly atLeast: number;
  readonly median: AgeQuantile | null;
  /** Nine of ten findings are not older. */
  readonly p90: AgeQuantile | null;
}

/** The ages of the findings of a severity. */
export interface SeverityAges {
  readonly severity: Severity;
  readonly open: AgeFigures;
  /** Those that were closed in the period. Their age is the time until then. */
  readonly closed: AgeFigures;
}

/** The ages of all findings below a path. */
export interface PathAges extends Omit<SeverityAges, 'severity'> {
  /** `registry.example/shop`. */
  readonly path: string;
}

/** The ages of findings as they were last counted. A finding is a vulnerability in a repository. */
export interface FindingAges {
  /** ISO 8601. */
  readonly countedAt: string;
  /** The first day on which ages were counted, in UTC: `2026-01-31`. */
  readonly countedSince: string;
  /** All severities, the worst first. Null if no repository of the scope is counted. */
  readonly severities: readonly SeverityAges[] | null;
  /**
   * The paths one name below the scope, the most open findings first. If there is only one, those below it. Repositories themselves are not
   * among them.
   */
  readonly paths: readonly PathAges[];
  /** Whether there are more than `limits.readAgePaths` of them. The last ones by their names are left out then. */
  readonly isCut: boolean;
}

/**
 * Since when repositories have vulnerabilities, before the rules and VEX statements of a server. A vulnerability of a repository is open from
 * the first day on which a counted image with a current name of the repository has it. It is closed on the first day on which none has it.
 */
export interface FindingAgeStore {
  /**
   * Compares the vulnerabilities of all repositories with those of the last time, if that is due: at the first call of a day in UTC, if it
   * takes few seconds, and else as often as it takes a hundredth of the time. Leaves a repository as it is while an image of it is not counted. Stops early if the signal
   * aborts: the next call continues.
   */
  update(step: CountingStep): Promise<void>;
  /**
   * Returns the ages of findings of a scope. Closed ones are those of the last `days` days before the last count, its own day included, at
   * most `limits.closedFindingDays`. The cost depends on the number of different ages, not on that of findings or repositories. Undefined
   * before the first complete `update`.
   */
  findAges(scope: AgeScope, days: number): Promise<FindingAges | undefined>;
}
