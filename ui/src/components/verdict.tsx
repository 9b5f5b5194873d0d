import type { JSX } from 'preact';
import type { ListedImage } from '../api/types.ts';
import { severitiesDescending } from '../severity.ts';
import { texts } from '../texts.ts';

const signs = { vulnerable: '▲', clean: '✓', 'not-assessed': '◌', unknown: '…', none: '○' };

/** A verdict with a sign besides its colour. */
export function VerdictChip({ verdict }: { readonly verdict: keyof typeof signs }): JSX.Element {
  return (
    <span class={`verdict verdict-${verdict}`}>
      <span aria-hidden="true">{signs[verdict]}</span> {texts.verdicts[verdict]}
    </span>
  );
}

/** Returns what a list may say of an image. That it is clean depends on its coverage, which only its report has. */
export function verdictOf({
  findings,
  namespaces,
  notAssessed = [],
}: ListedImage): 'vulnerable' | 'not-assessed' | 'none' | 'unknown' {
  if (findings === null || findings === undefined) return 'unknown';
  if (severitiesDescending.some((severity) => findings[severity] > 0)) return 'vulnerable';
  return isAssessable(namespaces) && notAssessed.length === 0 ? 'none' : 'not-assessed';
}

/** Whether an image has packages that can be looked up. Without any, zero findings say nothing. */
export function isAssessable(namespaces: ListedImage['namespaces']): boolean {
  return namespaces !== undefined && namespaces !== null && namespaces.length > 0;
}
