import type { JSX } from 'preact';
import { pathOf, useResource } from '../../api/client.ts';
import type { AgedFindings, AgeQuantile, FindingAges, PathAges, SeverityAges } from '../../api/lists.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FilterBar, TextField } from '../../components/filters.tsx';
import { ExportButton } from '../../components/pages.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber, formatTime } from '../../format.ts';
import { hrefWith, place } from '../../router.ts';
import { severityRank } from '../../severity.ts';
import { texts } from '../../texts.ts';

const filterNames = ['repository'] as const;
const pathsShown = 10;
const { ages: words } = texts;

/** How long findings are open, or were until they were closed, by severity and by path. The address names the repositories. */
export function AgesCard(): JSX.Element {
  const path = pathOf('/summary/ages', { repository: place.value.query.get('repository') ?? undefined });
  const resource = useResource<FindingAges>(path);
  return (
    <Card title={words.title} isWide>
      <FilterBar names={filterNames}>
        <TextField name="repository" label={words.repository} placeholder="registry.example/shop/*" />
      </FilterBar>
      <Loaded resource={resource} path={path} space="list">
        {(ages) => (
          <>
            <SeverityTable ages={ages} />
            <PathTable ages={ages} />
            {ages.severities !== null && (
              <div>
                <ExportButton path={path} name="ages.csv" />
              </div>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function SeverityTable({
  ages: { severities, countedAt, countedSince, days },
}: {
  readonly ages: FindingAges;
}): JSX.Element {
  if (severities === null || countedAt === null || countedSince === null)
    return <p class="muted">{countedAt === null ? words.neverCounted : words.unknown}</p>;
  const rows = severities
    .filter(({ open, closed }) => open.findings + closed.findings > 0)
    .toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity));
  return (
    <>
      {rows.length === 0 ? (
        <p class="muted">{words.none(days)}</p>
      ) : (
        <DataTable
          caption={words.title}
          columns={severityColumns}
          rows={rows}
          keyOf={({ severity }) => severity}
        />
      )}
      <p class="muted">
        {words.countedAt(formatTime(countedAt), countedSince)} {words.explanation(days)}
      </p>
    </>
  );
}

function PathTable({ ages: { paths, cut } }: { readonly ages: FindingAges }): JSX.Element | null {
  if (paths.length === 0) return null;
  const more = paths.length - pathsShown;
  return (
    <>
      <h3>{words.byPath}</h3>
      <DataTable
        caption={words.byPath}
        columns={pathColumns}
        rows={paths.slice(0, pathsShown)}
        keyOf={({ repository }) => repository}
      />
      {more > 0 && <p class="muted">{words.morePaths(more, cut)}</p>}
    </>
  );
}

/** Returns the columns with figures, which both tables have. */
function figureColumns<T extends Pick<SeverityAges, 'open' | 'closed'>>(): Column<T>[] {
  const of = (
    state: 'open' | 'closed',
    key: keyof typeof words.columns,
    cell: (figures: AgedFindings) => string,
  ): Column<T> => ({
    key: `${state}-${key}`,
    title: words[state](words.columns[key]),
    isNumber: true,
    cell: (row) => cell(row[state]),
  });
  return (['open', 'closed'] as const).flatMap((state) => [
    of(state, 'findings', ({ findings }) => formatNumber(findings)),
    of(state, 'median', ({ median }) => daysText(median)),
    of(state, 'p90', ({ p90 }) => daysText(p90)),
  ]);
}

const severityColumns: readonly Column<SeverityAges>[] = [
  {
    key: 'severity',
    title: words.severity,
    isName: true,
    cell: ({ severity }) => <SeverityBadge severity={severity} />,
  },
  ...figureColumns<SeverityAges>(),
];

const pathColumns: readonly Column<PathAges>[] = [
  {
    key: 'path',
    title: words.repository,
    isName: true,
    cell: ({ repository }) => (
      <a href={hrefWith({ repository })}>
        <Foreign text={repository} />
      </a>
    ),
  },
  ...figureColumns<PathAges>(),
];

function daysText(quantile: AgeQuantile | null): string {
  return quantile === null ? texts.states.none : words.days(quantile.days, quantile.exact);
}
