import { evaluateGates, evaluateGatesForFinding, type Gate, isAnythingAssessed } from '../match/gate.ts';
import type { Display } from '../plugin/report-format.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import { warn } from './warn.ts';

/** Options that decide the exit status of a scan. */
export interface GateOptions {
  readonly failOn?: readonly Gate[];
  readonly allowUnrated?: boolean;
}

/** What the gates make of each finding, for formats that show it. */
export function gatedBy({ failOn = [], allowUnrated = false }: GateOptions): Pick<Display, 'gated'> {
  return failOn.length === 0
    ? {}
    : { gated: (match) => evaluateGatesForFinding(match, failOn, allowUnrated) };
}

/** The findings reach a gate. */
const reachedStatus = 1;
/** The image could not be judged. */
const undecidedStatus = 4;

/**
 * The exit status of a scan: 1 where a finding reaches a gate, 4 where the image could not be judged. The reason for a 4 goes to standard
 * error, as that of an error does: `--quiet` does not leave it out.
 */
export function exitStatusOf({ report, isAssessed }: AssessedReport, options: GateOptions): number {
  const { failOn = [], allowUnrated = false } = options;
  const judged = evaluateGates(failOn, { report, isAssessed, allowsUnrated: allowUnrated });
  if (judged.result === 'reached') return reachedStatus;
  if (failOn.length > 0 && judged.result === 'undecided') {
    warn(`not judged: ${judged.reasons.join('; ')}`, {});
    return undecidedStatus;
  }
  if (failOn.length > 0 || isAnythingAssessed(report)) return 0;
  warn('nothing in the image could be assessed; the report says why', {});
  return undecidedStatus;
}
