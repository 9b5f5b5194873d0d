import type { ComponentChildren, JSX } from 'preact';
import { useResource } from '../api/client.ts';
import type { FindingCount, SourceState, Summary } from '../api/types.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { SeverityBadge, SeverityBar } from '../components/severity.tsx';
import { Heading, Loaded } from '../components/states.tsx';
import { Foreign, Time } from '../components/text.tsx';
import { formatAge, formatNumber, formatTime } from '../format.ts';
import { hrefOf } from '../router.ts';
import { type SeverityCounts, severitiesDescending } from '../severity.ts';
import { summaryPath } from '../shell/freshness.tsx';
import { texts } from '../texts.ts';

/** The state of the fleet, and what to do first. */
export function TodayScreen(): JSX.Element {
  const summary = useResource<Summary>(summaryPath);
  return (
    <>
      <Heading title={texts.areas.today} />
      <Loaded resource={summary} path={summaryPath}>
        {(data) => (
          <>
            <Strip summary={data} />
            <div class="columns">
              <BySeverity summary={data} />
              <SourceProblems summary={data} />
            </div>
          </>
        )}
      </Loaded>
    </>
  );
}

function sumOf(
  counts: readonly FindingCount[],
  isWanted: (count: FindingCount) => boolean = () => true,
): number {
  return counts.reduce((sum, count) => sum + (isWanted(count) ? count.findings : 0), 0);
}

/** The numbers of the fleet. Before the first count there are none, and no zero stands for them. */
function Strip({ summary: { findings, sources } }: { readonly summary: Summary }): JSX.Element {
  const { today } = texts;
  const counts = findings?.counts;
  const numberOf = (isWanted?: (count: FindingCount) => boolean): number | null =>
    counts === undefined || findings?.images === 0 ? null : sumOf(counts, isWanted);
  const problems = sources.filter(({ state }) => state !== 'current').length;
  return (
    <>
      <ul class="strip" aria-label={today.strip}>
        <Figure
          title={today.images}
          value={findings?.images === 0 ? null : (findings?.images ?? null)}
          href={hrefOf('/images')}
        />
        <Figure title={today.open} value={numberOf()} href={hrefOf('/findings')} />
        <Figure
          title={today.fixable}
          value={numberOf(({ fixable }) => fixable)}
          href={hrefOf('/findings', { fixable: 'true' })}
        />
        <Figure
          title={today.exploited}
          value={numberOf(({ exploited }) => exploited === 'yes')}
          href={hrefOf('/findings', { exploited: 'true' })}
          isBad
        />
        <Figure title={today.sources} value={problems} href={hrefOf('/sources')} isBad />
      </ul>
      <p class="muted">
        {findings === null
          ? today.neverCounted
          : [
              today.countedAt(formatTime(findings.countedAt)),
              findings.uncountedSets > 0 ? today.uncounted(findings.uncountedSets) : '',
            ].join(' ')}
      </p>
    </>
  );
}

interface FigureProps {
  readonly title: string;
  /** Null if it was never counted. */
  readonly value: number | null;
  readonly href: string;
  /** More than zero needs attention. */
  readonly isBad?: boolean;
}

function Figure({ title, value, href, isBad = false }: FigureProps): JSX.Element {
  return (
    <li class={isBad && value !== null && value > 0 ? 'figure figure-bad' : 'figure'}>
      <a href={href}>
        <span class="figure-value">{value === null ? texts.states.none : formatNumber(value)}</span>
        <span class="figure-title">{title}</span>
        {value === null && <span class="muted">{texts.states.notCounted}</span>}
      </a>
    </li>
  );
}

function Card({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface SeverityRow {
  readonly severity: (typeof severitiesDescending)[number];
  readonly all: number;
  readonly fixable: number;
  readonly exploited: number;
}

function BySeverity({ summary: { findings } }: { readonly summary: Summary }): JSX.Element {
  const { today } = texts;
  if (findings === null || findings.images === 0)
    return (
      <Card title={today.bySeverity}>
        <p class="muted">{today.neverCounted}</p>
      </Card>
    );
  const rows = severitiesDescending.flatMap((severity): SeverityRow[] => {
    const ofSeverity = findings.counts.filter((count) => count.severity === severity);
    const all = sumOf(ofSeverity);
    if (all === 0) return [];
    const fixable = sumOf(ofSeverity, (count) => count.fixable);
    return [{ severity, all, fixable, exploited: sumOf(ofSeverity, ({ exploited }) => exploited === 'yes') }];
  });
  const counts: SeverityCounts = Object.fromEntries(rows.map(({ severity, all }) => [severity, all]));
  return (
    <Card title={today.bySeverity}>
      <SeverityBar counts={counts} />
      <DataTable
        caption={today.bySeverity}
        columns={severityColumns}
        rows={rows}
        keyOf={({ severity }) => severity}
      />
    </Card>
  );
}

function linkedCount(count: number, query: Record<string, string>): ComponentChildren {
  return count === 0 ? '0' : <a href={hrefOf('/findings', query)}>{formatNumber(count)}</a>;
}

const severityColumns: readonly Column<SeverityRow>[] = [
  {
    key: 'severity',
    title: texts.today.severity,
    isName: true,
    cell: ({ severity }) => (
      <a href={hrefOf('/findings', { severity })}>
        <SeverityBadge severity={severity} />
      </a>
    ),
  },
  {
    key: 'all',
    title: texts.today.all,
    isNumber: true,
    cell: ({ severity, all }) => linkedCount(all, { severity }),
  },
  {
    key: 'fixable',
    title: texts.today.fixable,
    isNumber: true,
    cell: ({ severity, fixable }) => linkedCount(fixable, { severity, fixable: 'true' }),
  },
  {
    key: 'exploited',
    title: texts.findings.exploited,
    isNumber: true,
    cell: ({ severity, exploited }) => linkedCount(exploited, { severity, exploited: 'true' }),
  },
];

function SourceProblems({ summary: { sources, at } }: { readonly summary: Summary }): JSX.Element {
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
