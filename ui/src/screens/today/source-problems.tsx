import type { JSX } from 'preact';
import type { SourceState, Summary } from '../../api/types.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Foreign, Time } from '../../components/text.tsx';
import { formatAge } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';

/** The sources that are stale or have failed. */
export function SourceProblems({ summary: { sources, at } }: { readonly summary: Summary }): JSX.Element {
  const { today } = texts;
  const problems = sources.filter(({ state }) => state !== 'current');
  const now = Date.parse(at);
  const columns: Column<SourceState>[] = [
    {
      key: 'source',
      title: today.source,
      isName: true,
      cell: ({ source }) => <a href={hrefOf('/sources')}>{source}</a>,
    },
    { key: 'state', title: today.state, cell: ({ state }) => <SourceStateChip state={state} /> },
    {
      key: 'reason',
      title: today.reason,
      cell: ({ reason, lastFailure }) => (
        <Foreign text={reason ?? lastFailure?.message ?? texts.states.none} isWhole />
      ),
    },
    {
      key: 'checked',
      title: today.checked,
      cell: ({ checkedAt }) =>
        checkedAt === null ? texts.states.notKnown : <Time iso={checkedAt}>{formatAge(checkedAt, now)}</Time>,
    },
  ];
  return (
    <Card title={today.sourceProblems}>
      {problems.length === 0 ? (
        <p class={sources.length === 0 ? 'bad' : 'good'}>
          {sources.length === 0 ? texts.freshness.none : today.noProblems}
        </p>
      ) : (
        <DataTable
          caption={today.sourceProblems}
          columns={columns}
          rows={problems}
          keyOf={({ source }) => source}
        />
      )}
    </Card>
  );
}

/** The state of a source, with a sign besides its colour. */
export function SourceStateChip({ state }: Pick<SourceState, 'state'>): JSX.Element {
  const signs = { current: '●', stale: '◔', failed: '▲' };
  return (
    <span class={`source-state source-${state}`}>
      <span aria-hidden="true">{signs[state]}</span> {texts.sourceStates[state]}
    </span>
  );
}
