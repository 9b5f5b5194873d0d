import type { JSX } from 'preact';
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
