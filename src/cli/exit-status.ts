import {
  evaluateGates,
  evaluateGatesForFinding,
  type Gate,
  isAnythingAssessed,
  isKevStale,
  type RatingGate,
} from '../match/gate.ts';
import type { Report } from '../model/report.ts';
import type { Display } from '../plugin/report-format.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import { warn } from './warn.ts';

/** Options that decide the exit status of a scan. */
export interface GateOptions {
  readonly failOn?: readonly Gate[];
  readonly allowUnrated?: boolean;
  /** The exit status if there is a finding, and no gate is reached or undecided, as in clair-action. */
  readonly returnCode?: number;
  /** Whether published advisories may be out of date. */
  readonly acceptExpired?: boolean;
}

/** Returns the gate result of each finding of a report, for formats that show it. */
export function gatedBy(
  { failOn = [], allowUnrated = false }: GateOptions,
  report: Pick<Report, 'ratings'>,
): Pick<Display, 'gated'> {
  if (failOn.length === 0) return {};
  const ratings = { allowsUnrated: allowUnrated, isKevStale: isKevStale(report) };
  return { gated: (match) => evaluateGatesForFinding(match, failOn, ratings) };
}

/** Exit status if a finding reaches a gate. */
const reachedStatus = 1;
/** Exit status if the image could not be judged. */
const undecidedStatus = 4;

/** How to get the data that a gate lacks. */
const remedies: Readonly<Record<RatingGate, string>> = {
  severity: 'fetch ratings with clair db update nvd, or accept findings without one with --allow-unrated',
  kev: 'fetch the KEV list with clair db update kev',
  epss: 'fetch EPSS scores with clair db update epss, or accept findings without one with --allow-unrated',
};

/**
 * Returns the exit status of a scan: 1 if a finding reaches a gate, 4 if a gate could not be judged, `returnCode` if there is any finding,
 * 4 if nothing was assessed, otherwise 0. Writes the reason for 4 to standard error, even with `--quiet`.
 */
export function exitStatusOf(assessed: AssessedReport, options: GateOptions): number {
  const { report, isAssessed } = assessed;
  const { failOn = [], allowUnrated = false, acceptExpired = false } = options;
  const outdated = acceptExpired ? [] : assessed.outdated;
  const judged = evaluateGates(failOn, { report, isAssessed, allowsUnrated: allowUnrated, outdated });
  if (judged.result === 'reached') return reachedStatus;
  if (failOn.length > 0 && judged.result === 'undecided') {
    warnOfUndecided(judged, outdated.length > 0);
    return undecidedStatus;
  }
  if (report.matches.length > 0 && options.returnCode !== undefined) return options.returnCode;
  if (failOn.length > 0 || isAnythingAssessed(report)) return 0;
  warn('nothing in the image could be assessed; the report says why', {});
  return undecidedStatus;
}

type UndecidedGates = Extract<ReturnType<typeof evaluateGates>, { result: 'undecided' }>;

function warnOfUndecided({ reasons, lacking }: UndecidedGates, isOutdated: boolean): void {
  warn(`not judged: ${reasons.join('; ')}`, {});
  for (const by of lacking) warn(remedies[by], {});
  if (isOutdated)
    warn('name a current published database with --from, or accept this one with --accept-expired', {});
}
