import type { JSX } from 'preact';
import type { SourceState, Summary } from '../../api/types.ts';
import { attentionOf } from '../../attention.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { freshnessOf, SourceStateChip } from '../../components/source-state.tsx';
import { Foreign, Time } from '../../components/text.tsx';
import { formatAge } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';

/** The sources that are stale or have failed, and the feeds that images need and that were never loaded. */
export function SourceProblems({ summary }: { readonly summary: Summary }): JSX.Element {
  const { today } = texts;
  const { sources, at } = summary;
  const { sources: problems, feeds } = attentionOf(summary);
  const now = Date.parse(at);
  const columns: Column<SourceState>[] = [
    {
      key: 'source',
      title: today.source,
      isName: true,
      cell: ({ source }) => <a href={hrefOf('/sources')}>{source}</a>,
    },
    { key: 'state', title: today.state, cell: (source) => <SourceStateChip source={source} /> },
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
      {problems.length + feeds.length === 0 && <NoProblems sources={sources} />}
      {problems.length > 0 && (
        <DataTable
          caption={today.sourceProblems}
          columns={columns}
          rows={problems}
          keyOf={({ source }) => source}
        />
      )}
      {feeds.map(({ reason }) => (
        <p key={reason} class="bad">
          <a href={hrefOf('/sources')}>
            <Foreign text={reason} isWhole />
          </a>
        </p>
      ))}
    </Card>
  );
}

function NoProblems({ sources }: Pick<Summary, 'sources'>): JSX.Element {
  const { today, freshness } = texts;
  if (sources.length === 0) return <p class="bad">{freshness.none}</p>;
  const undated = sources.filter((source) => freshnessOf(source) === 'undated').length;
  return undated === 0 ? <p class="good">{today.noProblems}</p> : <p>{today.undated(undated)}</p>;
}
