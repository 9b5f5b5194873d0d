import type { Fix } from '../model/fix.ts';
import { type Severity, worstSeverity } from '../model/severity.ts';
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
  return vulnerability === null ? 'Unknown' : worstRating(vulnerability);
}

/** The worst it is rated: vendors may rate each package by itself. */
export function worstRating({ severity, affected }: Vulnerability): Severity {
  return affected.length === 0 ? severity : worstSeverity(affected.map((row) => row.severity ?? severity));
}

/** What a vendor says of a fix. */
export function fixInWords(fix: Fix): string {
  return fix.state === 'fixed' ? `fixed in ${fix.version}` : fix.state.replaceAll('-', ' ');
}
