import type { Fix } from '../model/fix.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import type { NoticedChange } from '../plugin/transport.ts';

/** What a change is about, as it is now or was at last; `before` where that is something else. */
export function sidesOf({ old, new: is }: NoticedChange): {
  readonly vulnerability: Vulnerability | null;
  readonly before: Vulnerability | null;
} {
  return is === null ? { vulnerability: old, before: null } : { vulnerability: is, before: old };
}

/** How bad it is now, or was at last. */
export function severityOf(change: NoticedChange): Severity {
  const { vulnerability } = sidesOf(change);
  return vulnerability === null ? 'Unknown' : worstSeverity(vulnerability);
}

/** The worst it is rated: vendors may rate each package by itself. */
export function worstSeverity({ severity, affected }: Vulnerability): Severity {
  const all = affected.map((row) => row.severity ?? severity);
  return all.toSorted((a, b) => compareSeverity(b, a))[0] ?? severity;
}

/** What a vendor says of a fix. */
export function fixInWords(fix: Fix): string {
  return fix.state === 'fixed' ? `fixed in ${fix.version}` : fix.state.replaceAll('-', ' ');
}
