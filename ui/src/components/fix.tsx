import type { JSX } from 'preact';
import type { VersionRange } from '../api/report.ts';
import { texts } from '../texts.ts';
import { Foreign } from './text.tsx';

interface FixCellProps {
  readonly fix: { readonly state: string; readonly version?: string | null };
}

/** The fix of a finding: a version, or the state without one. */
export function FixCell({ fix: { state, version } }: FixCellProps): JSX.Element {
  if (version !== undefined && version !== null) return <Foreign text={version} />;
  return <span class="muted">{texts.findings.fixStates[state] ?? state}</span>;
}

/** Returns a range in signs: `≥ 1.0 and < 1.2`. */
export function rangeText({ from, fromExcluded, to, toIncluded }: VersionRange): string {
  const lower = from === undefined ? [] : [`${fromExcluded === true ? '>' : '≥'} ${from}`];
  const upper = to === undefined ? [] : [`${toIncluded === true ? '≤' : '<'} ${to}`];
  const bounds = [...lower, ...upper];
  return bounds.length === 0 ? texts.explain.allVersions : bounds.join(' and ');
}
