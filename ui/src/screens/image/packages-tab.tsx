import type { JSX } from 'preact';
import type { ImageReport, ReportPackage } from '../../api/report.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FilterBar, SelectField, TextField } from '../../components/filters.tsx';
import { LocalPages, localPage } from '../../components/pages.tsx';
import { SeverityNumbers } from '../../components/severity.tsx';
import { Empty, NothingMatches } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { hrefOf, hrefWith, place } from '../../router.ts';
import { countSeverities, type SeverityCounts } from '../../severity.ts';
import { texts } from '../../texts.ts';
import { layerNumber } from './finding-parts.ts';

const filterNames = ['q', 'type', 'layer'] as const;

interface PackagesTabProps {
  readonly report: ImageReport;
  readonly digest: string;
}

/** The packages of an image. */
export function PackagesTab({ report, digest }: PackagesTabProps): JSX.Element {
  const { query } = place.value;
  if (report.packages.length === 0) return <Empty title={texts.packages.empty} />;
  const text = query.get('q')?.toLowerCase() ?? '';
  const type = query.get('type') ?? '';
  const layer = query.get('layer') ?? '';
  const found = report.packages.filter(
    (one) =>
      `${one.name} ${one.version} ${one.source?.name ?? ''} ${one.location.path}`
        .toLowerCase()
        .includes(text) &&
      (type === '' || one.type === type) &&
      (layer === '' || layerNumber(one.location.layer, report) === layer),
  );
  const page = localPage(found);
  const types = [...new Set(report.packages.map((one) => one.type))].sort();
  return (
    <>
      <FilterBar names={filterNames}>
        <TextField name="q" label={texts.filters.text} />
        <SelectField name="type" label={texts.filters.type} options={types.map((name) => [name, name])} />
        <SelectField
          name="layer"
          label={texts.filters.layer}
          options={report.layers.map((_, index) => [String(index + 1), String(index + 1)])}
        />
      </FilterBar>
      {found.length === 0 ? (
        <NothingMatches
          clearHref={hrefWith(Object.fromEntries(filterNames.map((name) => [name, undefined])))}
        />
      ) : (
        <>
          <DataTable
            caption={texts.packages.caption}
            columns={columnsOf(report, digest)}
            rows={page.rows}
            keyOf={keyOf}
          />
          <LocalPages page={page} />
        </>
      )}
    </>
  );
}

function keyOf({ purl, name, version, location }: ReportPackage): string {
  return `${purl} ${name} ${version} ${location.path}`;
}

function columnsOf(report: ImageReport, digest: string): Column<ReportPackage>[] {
  const { packages } = texts;
  const counts = findingsByPackage(report);
  return [
    {
      key: 'name',
      title: packages.name,
      isName: true,
      cell: ({ name, parent }) => (
        <>
          <Foreign text={name} />
          {parent !== undefined && (
            <span class="muted below">
              <Foreign text={packages.parent(parent.name)} />
            </span>
          )}
        </>
      ),
    },
    { key: 'version', title: packages.version, cell: ({ version }) => <Foreign text={version} /> },
    {
      key: 'findings',
      title: packages.findings,
      cell: (one) => (
        <SeverityNumbers
          counts={counts.get(keyOf(one)) ?? {}}
          hrefOf={(severity) => hrefOf(`/images/${digest}/findings`, { q: one.name, severity })}
        />
      ),
    },
    { key: 'type', title: packages.type, cell: ({ type }) => type },
    {
      key: 'source',
      title: packages.source,
      cell: ({ source }) =>
        source === undefined || source === null ? texts.states.none : <Foreign text={source.name} />,
    },
    {
      key: 'layer',
      title: packages.layer,
      isNumber: true,
      cell: ({ location }) => layerNumber(location.layer, report) || texts.states.none,
    },
    { key: 'path', title: packages.path, cell: ({ location }) => <Foreign text={`/${location.path}`} /> },
  ];
}

function findingsByPackage({ matches }: ImageReport): ReadonlyMap<string, SeverityCounts> {
  const groups = Map.groupBy(matches, (finding) => keyOf(finding.package));
  return new Map(
    [...groups].map(([key, group]) => [
      key,
      countSeverities(group.map(({ vulnerability }) => vulnerability.severity)),
    ]),
  );
}
