import type { JSX } from 'preact';
import type { Finding, ImageReport } from '../../api/report.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { CheckField, FilterBar, SelectField, TextField } from '../../components/filters.tsx';
import { FixCell } from '../../components/fix.tsx';
import { LocalPages, localPage, saveFile, toCsv } from '../../components/pages.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Empty, NothingMatches } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatShare } from '../../format.ts';
import { hrefWith, place } from '../../router.ts';
import { severitiesDescending, severityRank } from '../../severity.ts';
import { texts } from '../../texts.ts';
import { explainKey, findingFilter, layerNumber } from './finding-parts.ts';
import { WhyNotForm } from './why-not.tsx';

const filterNames = ['q', 'severity', 'fixable', 'exploited', 'layer'] as const;

/** The findings of an image. */
export function FindingsTab({ report }: { readonly report: ImageReport }): JSX.Element {
  const { query } = place.value;
  const found = report.matches.filter(findingFilter(report, query));
  const sortedBy = query.get('sort') ?? 'severity';
  const sorted = found.toSorted(orders[sortedBy] ?? bySeverity);
  const page = localPage(sorted);
  if (report.matches.length === 0)
    return (
      <>
        <NoFindings verdict={report.verdict} />
        <WhyNotForm />
      </>
    );
  return (
    <>
      <div class="toolbar">
        <FindingFilters report={report} />
        <button
          type="button"
          onClick={() => {
            saveFile(findingsCsv(sorted, report), 'findings.csv');
          }}
        >
          {texts.table.export}
        </button>
      </div>
      {found.length === 0 ? (
        <NothingMatches
          clearHref={hrefWith(Object.fromEntries(filterNames.map((name) => [name, undefined])))}
          title={texts.findings.emptyVulnerable}
        />
      ) : (
        <>
          {texts.findings.ordered[sortedBy] !== undefined && (
            <p class="muted">{texts.findings.ordered[sortedBy]}</p>
          )}
          <DataTable
            caption={texts.findings.caption}
            columns={columnsOf(report)}
            rows={page.rows}
            keyOf={explainKey}
            sortedBy={sortedBy}
          />
          <LocalPages page={page} />
        </>
      )}
      <WhyNotForm />
    </>
  );
}

function FindingFilters({ report }: { readonly report: ImageReport }): JSX.Element {
  return (
    <FilterBar names={filterNames}>
      <TextField name="q" label={texts.filters.text} />
      <SelectField
        name="severity"
        label={texts.filters.severity}
        options={severitiesDescending.map((severity) => [severity, texts.severities[severity]])}
      />
      <SelectField
        name="layer"
        label={texts.filters.layer}
        options={report.layers.map((_, index) => [String(index + 1), String(index + 1)])}
      />
      <CheckField name="fixable" label={texts.filters.fixable} />
      <CheckField name="exploited" label={texts.filters.exploited} />
    </FilterBar>
  );
}

type FindingOrder = (a: Finding, b: Finding) => number;

const bySeverity: FindingOrder = (a, b) =>
  Number(b.vulnerability.kev === true) - Number(a.vulnerability.kev === true) ||
  severityRank(a.vulnerability.severity) - severityRank(b.vulnerability.severity) ||
  (b.vulnerability.epss ?? 0) - (a.vulnerability.epss ?? 0) ||
  a.vulnerability.id.localeCompare(b.vulnerability.id);

const orders: Readonly<Record<string, FindingOrder>> = {
  severity: bySeverity,
  vulnerability: (a, b) => a.vulnerability.id.localeCompare(b.vulnerability.id),
  package: (a, b) => a.package.name.localeCompare(b.package.name) || bySeverity(a, b),
  epss: (a, b) => (b.vulnerability.epss ?? -1) - (a.vulnerability.epss ?? -1) || bySeverity(a, b),
};

function columnsOf(report: ImageReport): Column<Finding>[] {
  const { findings } = texts;
  const sortHref = (sort: string): string => hrefWith({ sort, from: undefined });
  return [
    {
      key: 'severity',
      title: findings.severity,
      sortHref: sortHref('severity'),
      cell: ({ vulnerability }) => <SeverityBadge severity={vulnerability.severity} />,
    },
    {
      key: 'vulnerability',
      title: findings.vulnerability,
      isName: true,
      sortHref: sortHref('vulnerability'),
      cell: (finding) => <VulnerabilityCell finding={finding} />,
    },
    {
      key: 'package',
      title: findings.package,
      sortHref: sortHref('package'),
      cell: (finding) => <PackageCell finding={finding} />,
    },
    {
      key: 'installed',
      title: findings.installed,
      cell: ({ package: { version } }) => <Foreign text={version} />,
    },
    { key: 'fix', title: findings.fixedIn, cell: ({ fix }) => <FixCell fix={fix} /> },
    {
      key: 'epss',
      title: findings.epss,
      hint: findings.epssTitle,
      isNumber: true,
      sortHref: sortHref('epss'),
      cell: ({ vulnerability: { epss } }) => (epss === null ? texts.states.none : formatShare(epss)),
    },
    {
      key: 'layer',
      title: findings.layer,
      isNumber: true,
      cell: ({ package: { location } }) => layerNumber(location.layer, report) || texts.states.none,
    },
  ];
}

function VulnerabilityCell({ finding }: { readonly finding: Finding }): JSX.Element {
  const { id, kev } = finding.vulnerability;
  return (
    <>
      <a href={hrefWith({ explain: explainKey(finding) })} title={texts.findings.explain(id)}>
        <Foreign text={id} />
      </a>
      {kev === true && <span class="exploited">▲ {texts.findings.yes}</span>}
    </>
  );
}

function PackageCell({
  finding: {
    package: { name, source, parent },
  },
}: {
  readonly finding: Finding;
}): JSX.Element {
  const owner = parent?.name ?? (source?.name === name ? undefined : source?.name);
  return (
    <>
      <Foreign text={name} />
      {owner !== undefined && (
        <span class="muted below">
          <Foreign text={owner} />
        </span>
      )}
    </>
  );
}

function NoFindings({ verdict }: Pick<ImageReport, 'verdict'>): JSX.Element {
  const { emptyClean, emptyNotAssessed, emptyVulnerable } = texts.findings;
  return (
    <Empty
      title={
        verdict === 'clean' ? emptyClean : verdict === 'not-assessed' ? emptyNotAssessed : emptyVulnerable
      }
    />
  );
}

function findingsCsv(findings: readonly Finding[], report: ImageReport): Blob {
  return toCsv(
    [
      'vulnerability',
      'severity',
      'exploited',
      'epss',
      'type',
      'package',
      'installed',
      'fix',
      'fixed in',
      'layer',
      'path',
    ],
    findings.map(({ vulnerability: { id, severity, kev, epss }, package: affected, fix }) => [
      ...[id, severity, kev === null ? 'unknown' : kev ? 'yes' : 'no', epss === null ? '' : String(epss)],
      ...[affected.type, affected.name, affected.version, fix.state, fix.version ?? ''],
      ...[layerNumber(affected.location.layer, report), affected.location.path],
    ]),
  );
}
