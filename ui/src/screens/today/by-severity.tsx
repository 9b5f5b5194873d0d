import type { ComponentChildren, JSX } from 'preact';
import type { Summary } from '../../api/types.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { SeverityBadge, SeverityBar } from '../../components/severity.tsx';
import { formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { type SeverityCounts, severitiesDescending } from '../../severity.ts';
import { texts } from '../../texts.ts';
import { sumOf } from './strip.tsx';

interface SeverityRow {
  readonly severity: (typeof severitiesDescending)[number];
  readonly all: number;
  readonly fixable: number;
  readonly exploited: number;
}

/** The findings of the fleet by severity. */
export function BySeverity({ summary: { findings } }: { readonly summary: Summary }): JSX.Element {
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
