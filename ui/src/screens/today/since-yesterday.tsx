import type { ComponentChildren, JSX } from 'preact';
import type { CauseSum, ChangeCause, FindingChanges } from '../../api/changes.ts';
import { useResource } from '../../api/client.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { SeverityNumbers } from '../../components/severity.tsx';
import { Loaded } from '../../components/states.tsx';
import { formatNumber, formatSigned } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import type { SeverityCounts } from '../../severity.ts';
import { texts } from '../../texts.ts';

const changesPath = '/summary/changes';

/** What is new since the last day before today: how many findings, and what caused them. */
export function SinceYesterday(): JSX.Element {
  const changes = useResource<FindingChanges>(changesPath);
  const since = changes.data?.since ?? undefined;
  return (
    <Card title={since === undefined ? texts.since.title : texts.since.titleOf(since)} isWide>
      <Loaded resource={changes} path={changesPath}>
        {(data) =>
          data.since === null ? <p class="muted">{texts.since.tooShort}</p> : <Changes of={data} />
        }
      </Loaded>
    </Card>
  );
}

function Changes({ of }: { readonly of: FindingChanges }): JSX.Element {
  const { since } = texts;
  const { now, before, opened, closed, causes } = of;
  const difference = (now ?? 0) - (before ?? 0);
  return (
    <>
      <p>
        <strong>{since.findings(formatSigned(difference))}</strong>{' '}
        <span class="muted">{since.fromTo(formatNumber(before ?? 0), formatNumber(now ?? 0))}</span>
      </p>
      {causes === null ? (
        <p class="muted">{since.notRecorded}</p>
      ) : (
        <>
          <p>{since.openedAndClosed(formatNumber(opened ?? 0), formatNumber(closed ?? 0))}</p>
          <DataTable
            caption={since.caption}
            columns={columns}
            rows={rowsOf(of, causes)}
            keyOf={({ cause }) => cause ?? ''}
          />
          <p class="muted">{texts.fleet.counted}</p>
        </>
      )}
    </>
  );
}

/** The findings that a cause changed, of all severities. */
interface CauseRow {
  /** Null for what no cause explains. */
  readonly cause: ChangeCause | null;
  readonly day: string;
  readonly subjects: number;
  readonly opened: number;
  readonly closed: number;
  readonly rerated: number;
  /** New findings by severity. Empty if the cause is an image. */
  readonly counts: SeverityCounts;
}

/** Returns a row for each cause, and one for what no cause explains, so that the rows add up to the difference. */
function rowsOf(
  { day, unexplained }: Pick<FindingChanges, 'day' | 'unexplained'>,
  causes: readonly CauseSum[],
): CauseRow[] {
  const rows = [...Map.groupBy(causes, ({ cause }) => cause)].map(([cause, sums]): CauseRow => {
    const sumOf = (name: 'subjects' | 'opened' | 'closed' | 'rerated'): number =>
      sums.reduce((sum, one) => sum + one[name], 0);
    const counts = Object.fromEntries(
      sums.flatMap(({ severity, opened }) => (severity === null || opened === 0 ? [] : [[severity, opened]])),
    );
    const numbers = { opened: sumOf('opened'), closed: sumOf('closed'), rerated: sumOf('rerated') };
    return { cause, day: day ?? '', subjects: sumOf('subjects'), ...numbers, counts };
  });
  const rest = unexplained ?? 0;
  if (rest === 0) return rows;
  const numbers = { opened: Math.max(0, rest), closed: Math.max(0, -rest), rerated: 0 };
  return [...rows, { cause: null, day: day ?? '', subjects: 0, ...numbers, counts: {} }];
}

function listOf({ cause, day }: CauseRow, severity?: string): string {
  return hrefOf(`/news/${cause ?? ''}`, { day, severity });
}

/** A number that leads to the list behind it. */
function linked(row: CauseRow, count: number, sign = ''): ComponentChildren {
  const text = count === 0 ? '0' : `${sign}${formatNumber(count)}`;
  return row.cause === null || count === 0 ? text : <a href={listOf(row)}>{text}</a>;
}

const columns: readonly Column<CauseRow>[] = [
  {
    key: 'cause',
    title: texts.since.cause,
    isName: true,
    cell: (row) => {
      const { cause, counts } = row;
      if (cause === null) return texts.since.unexplained;
      return (
        <>
          <a href={listOf(row)}>{texts.since.causes[cause]}</a>{' '}
          <SeverityNumbers counts={counts} hrefOf={(severity) => listOf(row, severity)} />
        </>
      );
    },
  },
  {
    key: 'subjects',
    title: texts.since.subjects,
    isNumber: true,
    cell: (row) => (row.cause === null ? texts.states.none : linked(row, row.subjects)),
  },
  { key: 'opened', title: texts.since.opened, isNumber: true, cell: (row) => linked(row, row.opened, '+') },
  { key: 'closed', title: texts.since.closed, isNumber: true, cell: (row) => linked(row, row.closed, '−') },
  { key: 'rerated', title: texts.since.rerated, isNumber: true, cell: (row) => linked(row, row.rerated) },
];
