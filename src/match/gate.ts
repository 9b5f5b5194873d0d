import { type Coverage, isUnderInvestigation, type Match, type Report } from '../model/report.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { GatedFinding } from '../plugin/report-format.ts';

/** A condition on findings that fails a pipeline. */
type FindingGate =
  | { readonly by: 'severity'; readonly severity: Severity }
  | { readonly by: 'kev' }
  | { readonly by: 'epss'; readonly score: number };

/**
 * A condition that fails a pipeline: on findings, on layers that were not read whole and compared with their digests (`not-verified`), or on
 * advisories that are stale.
 */
export type Gate = FindingGate | { readonly by: 'not-verified' | 'stale' };

/** Gates that need data about findings. */
export type RatingGate = FindingGate['by'];

function isFindingGate(gate: Gate): gate is FindingGate {
  return gate.by !== 'not-verified' && gate.by !== 'stale';
}

/** Options of the user and properties of the ratings that a gate of one finding depends on. */
export interface GateRatings {
  /** Whether findings without severity or EPSS score pass. */
  readonly allowsUnrated: boolean;
  /** Whether the KEV list of the report is stale: a vulnerability may have been added since. */
  readonly isKevStale: boolean;
}

/** The result of some gates. `undecided`: no finding reaches a gate, but one without the needed data may. */
export type GateResult =
  | { readonly result: 'passed' | 'reached' }
  | {
      readonly result: 'undecided';
      readonly reasons: readonly string[];
      /** The gates for which findings lack data. */
      readonly lacking: ReadonlySet<RatingGate>;
    };

/** The input of gates. */
export interface GateInput {
  readonly report: Report;
  /** Whether everything is known that a `clean` verdict needs, besides findings. */
  readonly isAssessed: boolean;
  /** Whether findings without severity or EPSS score pass. */
  readonly allowsUnrated: boolean;
  /** Namespaces whose advisories come from a published database that may be out of date, and that the user did not accept. */
  readonly outdated: readonly string[];
}

/** Evaluates gates on a report. One reached gate is enough. If the report lacks data that a gate needs, the result is undecided. */
export function evaluateGates(
  gates: readonly Gate[],
  { report, isAssessed, allowsUnrated, outdated }: GateInput,
): GateResult {
  if (gates.some((gate) => isReached(gate, report))) return { result: 'reached' };
  const ratings = { allowsUnrated, isKevStale: isKevStale(report) };
  const reasons = [
    ...(isAssessed ? [] : ['not everything in the image was assessed']),
    ...(outdated.length === 0
      ? []
      : [`the published advisories of ${outdated.join(', ')} may be out of date`]),
    ...(gates.some(({ by }) => by === 'stale') ? undatedReasons(report) : []),
    ...new Set(gates.flatMap((gate) => undecidedReason(gate, report, ratings) ?? [])),
    ...investigationReasons(gates, report, ratings),
  ];
  if (reasons.length === 0) return { result: 'passed' };
  const lacking = gates.flatMap((gate) => {
    const isLacking = report.matches.some((match) => lacksData(gate, match, ratings));
    return isFindingGate(gate) && isLacking ? [gate.by] : [];
  });
  return { result: 'undecided', reasons, lacking: new Set(lacking) };
}

/** Returns whether the KEV list of a report is stale. */
export function isKevStale({ ratings }: Pick<Report, 'ratings'>): boolean {
  return ratings?.lists?.some(({ source, status }) => source === 'kev' && status === 'stale') === true;
}

/**
 * Returns whether any package of the image was assessed. With advisories that lack a part, or that do not cover the release, only a finding shows
 * that one was.
 */
export function isAnythingAssessed({ coverage, matches, suppressed }: Report): boolean {
  const hasFinding = matches.length > 0 || suppressed.length > 0;
  return coverage.some((one) => hasAdvisories(one) && (one.status !== 'missing' || hasFinding));
}

function hasAdvisories({ status, fetchedAt }: Coverage): boolean {
  return status !== 'unsupported' && fetchedAt !== null;
}

/** Evaluates gates on one finding. */
export function evaluateGatesForFinding(
  match: Match,
  gates: readonly Gate[],
  ratings: GateRatings,
): GatedFinding {
  if (gates.some((gate) => reaches(match, gate))) return 'reached';
  return gates.some((gate) => lacksData(gate, match, ratings)) ? 'undecided' : 'passed';
}

function isReached(gate: Gate, { matches, layers, coverage }: Report): boolean {
  if (gate.by === 'not-verified') return layers.some(({ verified }) => !verified);
  if (gate.by === 'stale') return coverage.some(({ status }) => status === 'stale');
  return matches.some((match) => reaches(match, gate));
}

function reaches({ vulnerability: { severity, kev, epss } }: Match, gate: Gate): boolean {
  if (!isFindingGate(gate)) return false;
  if (gate.by === 'severity') return compareSeverity(severity, gate.severity) >= 0;
  if (gate.by === 'kev') return kev === true;
  return epss !== null && epss >= gate.score;
}

/** Returns the namespaces whose advisories have no date, such as those of a mirror that only has the times of its files. */
function undatedReasons({ coverage }: Report): string[] {
  const undated = coverage.filter((one) => hasAdvisories(one) && (one.contentDate ?? null) === null);
  if (undated.length === 0) return [];
  return [`the advisories of ${undated.map(({ namespace }) => namespace).join(', ')} have no date`];
}

/** Why an unreached gate is undecided. */
function undecidedReason(gate: Gate, { matches }: Report, ratings: GateRatings): string | undefined {
  if (!isFindingGate(gate)) return undefined;
  const count = matches.filter((match) => lacksData(gate, match, ratings)).length;
  return count === 0
    ? undefined
    : `${count} ${count === 1 ? 'finding has' : 'findings have'} ${missingText(gate.by, ratings)}`;
}

/** Why a finding that the vendor still investigates leaves the gates undecided: it would not pass them if it were confirmed. */
function investigationReasons(
  gates: readonly Gate[],
  { suppressed }: Report,
  ratings: GateRatings,
): string[] {
  const count = suppressed.filter(
    (match) =>
      isUnderInvestigation(match) &&
      match.decision === undefined &&
      evaluateGatesForFinding(match, gates, ratings) !== 'passed',
  ).length;
  if (count === 0) return [];
  return [
    `the vendor still investigates ${count} ${count === 1 ? 'finding' : 'findings'} that may reach the gate`,
  ];
}

const missingFor: Readonly<Record<RatingGate, string>> = {
  severity: 'no severity',
  kev: 'not been compared with the KEV list, which is not loaded',
  epss: 'no EPSS score',
};

function missingText(by: RatingGate, ratings: GateRatings): string {
  if (by === 'kev' && ratings.isKevStale)
    return 'not been compared with a current KEV list: the loaded one is stale';
  return missingFor[by];
}

/**
 * Returns whether the report lacks the data of a finding that a gate needs. A stale KEV list counts as missing for all that it does not
 * name.
 */
function lacksData(
  gate: Gate,
  { vulnerability }: Match,
  { allowsUnrated, isKevStale: isStale }: GateRatings,
): boolean {
  if (!isFindingGate(gate)) return false;
  const { by } = gate;
  if (by === 'kev') return vulnerability.kev === null || (isStale && !vulnerability.kev);
  if (allowsUnrated) return false;
  return by === 'epss' ? vulnerability.epss === null : vulnerability.severity === 'Unknown';
}
