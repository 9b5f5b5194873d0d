import type { JSX } from 'preact';
import type { AdvisoryList, ListedAdvisory } from '../../api/lists.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { CheckField, FilterBar, SelectField, TextField } from '../../components/filters.tsx';
import { ListScreen } from '../../components/list-screen.tsx';
import { SeverityBadge, UnknownLast } from '../../components/severity.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber, formatShare } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { severitiesDescending } from '../../severity.ts';
import { texts } from '../../texts.ts';

const filterNames = ['q', 'severity', 'fixable', 'exploited'] as const;

/** The vulnerabilities that were found in the fleet. */
export function AdvisoriesScreen(): JSX.Element {
  const { filters, advisories } = texts;
  return (
    <ListScreen<AdvisoryList>
      title={texts.areas.advisories}
      path="/advisories"
      filterNames={filterNames}
      emptyText={advisories.empty}
      nothingText={advisories.nothing}
      csvName="advisories.csv"
      sizeOf={(data) => data.advisories.length}
      filters={
        <FilterBar names={filterNames}>
          <TextField name="q" label={advisories.id} placeholder="CVE-2026-" />
          <SelectField
            name="severity"
            label={filters.severity}
            options={severitiesDescending.map((severity) => [severity, texts.severities[severity]])}
          />
          <SelectField
            name="sort"
            label={filters.sort}
            anyText={advisories.sortSeverity}
            options={[
              ['images', advisories.sortImages],
              ['epss', advisories.sortEpss],
            ]}
          />
          <CheckField name="fixable" label={filters.fixable} />
          <CheckField name="exploited" label={filters.exploited} />
        </FilterBar>
      }
    >
      {(data) => (
        <>
          <UnknownLast names={['severity', 'sort']} />
          <DataTable
            caption={advisories.caption}
            columns={columns}
            rows={data.advisories}
            keyOf={({ id }) => id}
          />
        </>
      )}
    </ListScreen>
  );
}

function advisoryHref(id: string): string {
  return hrefOf(`/advisories/${encodeURIComponent(id)}`);
}

const columns: readonly Column<ListedAdvisory>[] = [
  {
    key: 'severity',
    title: texts.advisories.severity,
    cell: ({ severity }) => <SeverityBadge severity={severity} />,
  },
  {
    key: 'id',
    title: texts.advisories.id,
    isName: true,
    cell: ({ id, exploited }) => (
      <>
        <a href={advisoryHref(id)}>
          <Foreign text={id} />
        </a>
        {exploited === 'yes' && <span class="exploited">▲ {texts.findings.yes}</span>}
      </>
    ),
  },
  {
    key: 'epss',
    title: texts.findings.epss,
    hint: texts.findings.epssTitle,
    isNumber: true,
    cell: ({ epss }) => (epss === null ? texts.states.none : formatShare(epss)),
  },
  {
    key: 'fix',
    title: texts.advisories.fixable,
    cell: ({ fixable }) =>
      fixable ? texts.advisories.fixableYes : <span class="muted">{texts.advisories.fixableNo}</span>,
  },
  {
    key: 'packages',
    title: texts.advisories.packages,
    isNumber: true,
    cell: ({ id, packages }) => (
      <a href={hrefOf('/findings', { vulnerability: id })}>{formatNumber(packages)}</a>
    ),
  },
  {
    key: 'images',
    title: texts.advisories.images,
    isNumber: true,
    cell: ({ id, images }) => <a href={`${advisoryHref(id)}#images`}>{formatNumber(images)}</a>,
  },
];
