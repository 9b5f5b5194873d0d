import type { JSX } from 'preact';
import type { FindingList, FleetFinding } from '../api/lists.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { CheckField, FilterBar, SelectField, TextField } from '../components/filters.tsx';
import { FixCell } from '../components/fix.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { RowCount } from '../components/pages.tsx';
import { SeverityBadge, UnknownLast } from '../components/severity.tsx';
import { Foreign } from '../components/text.tsx';
import { formatNumber, formatShare, formatTime } from '../format.ts';
import { hrefOf, hrefWith, place } from '../router.ts';
import { severitiesDescending } from '../severity.ts';
import { texts } from '../texts.ts';

const filterNames = [
  'vulnerability',
  'package',
  'sourcePackage',
  'namespace',
  'repository',
  'image',
  'severity',
  'fixable',
  'exploited',
] as const;

/** The findings of the fleet. */
export function FindingsScreen(): JSX.Element {
  const { filters, findings } = texts;
  const image = place.value.query.get('image');
  return (
    <ListScreen<FindingList>
      title={texts.areas.findings}
      {...(image !== null && { intro: texts.fleet.ofImage(image) })}
      path="/findings"
      filterNames={filterNames}
      emptyText={texts.fleet.empty}
      nothingText={texts.fleet.nothing}
      csvName="findings.csv"
      sizeOf={(data) => data.findings.length}
      filters={
        <FilterBar names={filterNames}>
          <TextField name="vulnerability" label={findings.vulnerability} />
          <TextField name="package" label={findings.package} />
          <TextField name="sourcePackage" label={texts.fleet.sourcePackage} />
          <TextField name="namespace" label={filters.namespace} placeholder="debian:12" />
          <TextField name="repository" label={filters.repository} />
          <SelectField
            name="severity"
            label={filters.severity}
            options={severitiesDescending.map((severity) => [severity, texts.severities[severity]])}
          />
          <CheckField name="fixable" label={filters.fixable} />
          <CheckField name="exploited" label={filters.exploited} />
        </FilterBar>
      }
    >
      {(data) => (
        <>
          <p class="muted">
            {data.total !== null &&
              texts.fleet.total(formatNumber(data.total.findings), formatTime(data.total.countedAt))}{' '}
            {(data.total === null || data.next === undefined) && (
              <RowCount rows={data.findings.length} next={data.next} />
            )}{' '}
            {texts.fleet.counted}
          </p>
          <UnknownLast names={['severity']} />
          <DataTable caption={texts.fleet.caption} columns={columns} rows={data.findings} keyOf={keyOf} />
        </>
      )}
    </ListScreen>
  );
}

function keyOf({
  vulnerability,
  namespace,
  package: { type, name, version, purl },
  fix,
}: FleetFinding): string {
  return [vulnerability, namespace, type, name, version, purl, fix.state, fix.version ?? ''].join('\n');
}

const columns: readonly Column<FleetFinding>[] = [
  {
    key: 'severity',
    title: texts.findings.severity,
    cell: ({ severity }) => <SeverityBadge severity={severity} />,
  },
  {
    key: 'vulnerability',
    title: texts.findings.vulnerability,
    isName: true,
    cell: ({ vulnerability, exploited }) => (
      <>
        <a href={hrefOf(`/advisories/${encodeURIComponent(vulnerability)}`)}>
          <Foreign text={vulnerability} />
        </a>
        {exploited === 'yes' && <span class="exploited">▲ {texts.findings.yes}</span>}
      </>
    ),
  },
  {
    key: 'package',
    title: texts.findings.package,
    cell: ({ namespace, package: { name, source, lookupName } }) => (
      <>
        <a href={hrefOf('/packages/versions', { namespace, name: lookupName })}>
          <Foreign text={name} />
        </a>
        {source !== null && source !== name && (
          <span class="muted below">
            {texts.fleet.builtFrom}{' '}
            <a href={hrefWith({ sourcePackage: source, after: undefined })}>
              <Foreign text={source} />
            </a>
          </span>
        )}
      </>
    ),
  },
  {
    key: 'installed',
    title: texts.findings.installed,
    cell: ({ package: { version } }) => <Foreign text={version} />,
  },
  { key: 'fix', title: texts.findings.fixedIn, cell: ({ fix }) => <FixCell fix={fix} /> },
  { key: 'namespace', title: texts.fleet.namespace, cell: ({ namespace }) => <Foreign text={namespace} /> },
  {
    key: 'epss',
    title: texts.findings.epss,
    hint: texts.findings.epssTitle,
    isNumber: true,
    cell: ({ epss }) => (epss === null ? texts.states.none : formatShare(epss)),
  },
  {
    key: 'images',
    title: texts.fleet.images,
    isNumber: true,
    cell: (finding) => <ImageCount finding={finding} />,
  },
];

/** Longest purl that the API takes as a filter. */
const purlMax = 512;

/** The number of images of a finding, with a link to exactly these images. An image that is named by a tag has no list. */
function ImageCount({ finding }: { readonly finding: FleetFinding }): JSX.Element {
  const { images, vulnerability, namespace, package: item } = finding;
  const { query } = place.value;
  const [repository, image] = [query.get('repository') ?? undefined, query.get('image') ?? undefined];
  const count = formatNumber(images);
  const isListed = item.purl.length <= purlMax && image?.startsWith('sha256:') !== false;
  if (!isListed) return <>{count}</>;
  const { purl } = item;
  return <a href={hrefOf('/images', { vulnerability, purl, namespace, repository, q: image })}>{count}</a>;
}
