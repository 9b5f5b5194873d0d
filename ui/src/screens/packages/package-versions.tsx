import type { JSX } from 'preact';
import { pathOf, useResource } from '../../api/client.ts';
import type { PackageRange, PackageVersions } from '../../api/lists.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FixCell, rangeText } from '../../components/fix.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Heading, Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber } from '../../format.ts';
import { hrefOf, place } from '../../router.ts';
import { severityRank } from '../../severity.ts';
import { texts } from '../../texts.ts';
import { VersionRuler } from './version-ruler.tsx';

/** Vulnerabilities that a row shows. */
const idsMax = 8;

type NumberedVersion = PackageVersions['versions'][number] & { readonly index: number };

/** The versions of a package in the fleet, with the ranges of advisories. */
export function PackageVersionsScreen(): JSX.Element {
  const namespace = place.value.query.get('namespace') ?? '';
  const name = place.value.query.get('name') ?? '';
  const path = pathOf('/packages/versions', { namespace, name });
  const resource = useResource<PackageVersions>(path);
  return (
    <>
      <Heading title={name}>
        <span class="tag">
          <Foreign text={namespace} />
        </span>
      </Heading>
      <Loaded resource={resource} path={path}>
        {(data) => (
          <>
            <Card title={texts.ruler.title}>
              <p class="muted">{texts.ruler.explanation(data.versionScheme)}</p>
              <VersionRuler data={data} />
              <DataTable
                caption={texts.ruler.title}
                columns={versionColumns(data)}
                rows={data.versions.map((version, index) => ({ ...version, index }))}
                keyOf={({ version }) => version}
              />
            </Card>
            <Card title={texts.ruler.ranges}>
              {data.ranges.length === 0 ? (
                <p class="muted">{texts.ruler.noRanges}</p>
              ) : (
                <DataTable
                  caption={texts.ruler.ranges}
                  columns={rangeColumns(data)}
                  rows={data.ranges.toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity))}
                  keyOf={(range) => JSON.stringify(range)}
                />
              )}
            </Card>
          </>
        )}
      </Loaded>
    </>
  );
}

function versionColumns({ ranges }: PackageVersions): Column<NumberedVersion>[] {
  const { ruler } = texts;
  return [
    { key: 'version', title: ruler.version, isName: true, cell: ({ version }) => <Foreign text={version} /> },
    { key: 'images', title: ruler.images, isNumber: true, cell: ({ images }) => formatNumber(images) },
    {
      key: 'findings',
      title: ruler.findings,
      isNumber: true,
      cell: ({ findings }) => formatNumber(findings),
    },
    {
      key: 'ids',
      title: ruler.ids,
      cell: ({ index }) => <Covering ranges={ranges} index={index} />,
    },
  ];
}

/** The vulnerabilities whose ranges cover a version. */
function Covering({
  ranges,
  index,
}: Pick<PackageVersions, 'ranges'> & { readonly index: number }): JSX.Element {
  const ids = new Set(
    ranges
      .filter(({ from, to }) => from !== null && to !== null && from <= index && index <= to)
      .map(({ id }) => id),
  );
  if (ids.size === 0) return <span class="muted">{texts.diff.noneHere}</span>;
  const hidden = ids.size - idsMax;
  return (
    <>
      {[...ids].slice(0, idsMax).map((id) => (
        <a key={id} class="tag" href={hrefOf(`/advisories/${encodeURIComponent(id)}`)}>
          <Foreign text={id} />
        </a>
      ))}
      {hidden > 0 && <span class="muted">{texts.sources.coversMore(hidden)}</span>}
    </>
  );
}

function rangeColumns({ versions }: PackageVersions): Column<PackageRange>[] {
  const { ruler, advisory, findings } = texts;
  const versionAt = (index: number | null): string | undefined =>
    index === null ? undefined : versions[index]?.version;
  return [
    {
      key: 'severity',
      title: findings.severity,
      cell: ({ severity }) => <SeverityBadge severity={severity} />,
    },
    {
      key: 'id',
      title: findings.vulnerability,
      isName: true,
      cell: ({ id }) => (
        <a href={hrefOf(`/advisories/${encodeURIComponent(id)}`)}>
          <Foreign text={id} />
        </a>
      ),
    },
    { key: 'source', title: advisory.source, cell: ({ source }) => source },
    {
      key: 'range',
      title: advisory.range,
      cell: ({ range }) => (
        <code>
          <Foreign text={rangeText(range)} />
        </code>
      ),
    },
    { key: 'fix', title: advisory.fix, cell: ({ fix }) => <FixCell fix={fix} /> },
    {
      key: 'affects',
      title: ruler.affects,
      cell: ({ from, to }) => {
        const first = versionAt(from);
        const last = versionAt(to);
        return first === undefined || last === undefined ? (
          <span class="muted">{ruler.affectsNone}</span>
        ) : (
          <Foreign text={ruler.affectsFrom(first, last)} />
        );
      },
    },
  ];
}
