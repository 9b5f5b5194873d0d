import type { JSX } from 'preact';
import type { SourceState } from '../api/types.ts';
import { texts } from '../texts.ts';

/** What the console says of a source. Without a date of its content, `current` only means that the last check succeeded. */
export type SourceFreshness = SourceState['state'] | 'undated';

/** All of them, those first that need attention. */
export const freshnessByNeed: readonly SourceFreshness[] = ['failed', 'stale', 'undated', 'current'];

/** Returns what to say of a source. */
export function freshnessOf({
  state,
  contentDate,
}: Pick<SourceState, 'state' | 'contentDate'>): SourceFreshness {
  return state === 'current' && contentDate === null ? 'undated' : state;
}

const signs: Readonly<Record<SourceFreshness, string>> = {
  current: '●',
  undated: '?',
  stale: '◔',
  failed: '▲',
};

/** The state of a source, with a sign besides its colour. */
export function SourceStateChip({
  source,
}: {
  readonly source: Pick<SourceState, 'state' | 'contentDate'>;
}): JSX.Element {
  const state = freshnessOf(source);
  return (
    <span class={`source-state source-${state}`}>
      <span aria-hidden="true">{signs[state]}</span> {texts.sourceStates[state]}
    </span>
  );
}
