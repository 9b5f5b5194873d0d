import type { Coverage, Match, Report } from '../model/report.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { GatedFinding } from '../plugin/report-format.ts';

/** A condition on findings that a pipeline must not let pass. */
export type Gate =
  | { readonly by: 'severity'; readonly severity: Severity }
  | { readonly by: 'kev' }
  | { readonly by: 'epss'; readonly score: number };

/** The answer of some gates. `undecided`: no finding reaches a gate, but one that is not rated or not known may. */
export type GateResult =
  | { readonly result: 'passed' | 'reached' }
  | { readonly result: 'undecided'; readonly reasons: readonly string[] };

/** What gates judge. */
export interface GateInput {
  readonly report: Report;
  /** Whether everything is known that a `clean` needs, findings aside. */
  readonly isAssessed: boolean;
  /** Lets findings pass that have no severity or no EPSS score. */
  readonly allowsUnrated: boolean;
}

/** Judges a report: one reached gate is enough. Data that a gate asks for and the report lacks leaves it undecided. */
export function evaluateGates(
  gates: readonly Gate[],
  { report, isAssessed, allowsUnrated }: GateInput,
): GateResult {
  if (gates.some((gate) => report.matches.some((match) => reaches(match, gate))))
    return { result: 'reached' };
  const reasons = [
    ...(isAssessed ? [] : ['not everything in the image was assessed']),
    ...new Set(gates.flatMap((gate) => undecidedReason(gate, report, allowsUnrated) ?? [])),
  ];
  return reasons.length === 0 ? { result: 'passed' } : { result: 'undecided', reasons };
}

/** Whether the advisories of anything in the image were there to be asked. */
export function isAnythingAssessed({ coverage }: Report): boolean {
  return coverage.some(hasAdvisories);
}

function hasAdvisories({ status, fetchedAt }: Coverage): boolean {
  return status !== 'unsupported' && fetchedAt !== null;
}

/** What gates make of one finding. */
export function evaluateGatesForFinding(
  match: Match,
  gates: readonly Gate[],
  allowsUnrated: boolean,
): GatedFinding {
  if (gates.some((gate) => reaches(match, gate))) return 'reached';
  return gates.some((gate) => lacksData(gate, match, allowsUnrated)) ? 'undecided' : 'passed';
}

function reaches({ vulnerability: { severity, kev, epss } }: Match, gate: Gate): boolean {
  if (gate.by === 'severity') return compareSeverity(severity, gate.severity) >= 0;
  if (gate.by === 'kev') return kev === true;
  return epss !== null && epss >= gate.score;
}

/** Why a gate that no finding reaches may be reached all the same. */
function undecidedReason(gate: Gate, { matches }: Report, allowsUnrated: boolean): string | undefined {
  const count = matches.filter((match) => lacksData(gate, match, allowsUnrated)).length;
  return count === 0
    ? undefined
    : `${count} ${count === 1 ? 'finding has' : 'findings have'} ${missingFor[gate.by]}`;
}

const missingFor: Readonly<Record<Gate['by'], string>> = {
  severity: 'no severity',
  kev: 'not been compared with the KEV list, which is not loaded',
  epss: 'no EPSS score',
};

/** Whether the report lacks what a gate asks of a finding. */
function lacksData({ by }: Gate, { vulnerability }: Match, allowsUnrated: boolean): boolean {
  if (by === 'kev') return vulnerability.kev === null;
  if (allowsUnrated) return false;
  return by === 'epss' ? vulnerability.epss === null : vulnerability.severity === 'Unknown';
}
