import type { JSX } from 'preact';
import type { ImageReport, ReportLayer } from '../../api/report.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { SeverityBar, SeverityNumbers } from '../../components/severity.tsx';
import { Empty } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatBytes, formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { countSeverities, type SeverityCounts } from '../../severity.ts';
import { texts } from '../../texts.ts';

/** A layer with what it brings. */
interface LayerRow extends ReportLayer {
  readonly number: number;
  readonly packages: number;
  readonly counts: SeverityCounts;
}

/** The layers of an image, and the findings that each brings. */
export function LayersTab({
  report,
  digest,
}: {
  readonly report: ImageReport;
  readonly digest: string;
}): JSX.Element {
  const { layers: words } = texts;
  if (report.layers.length === 0) return <Empty title={words.empty} />;
  return (
    <DataTable
      caption={words.caption}
      columns={columnsOf(digest)}
      rows={rowsOf(report)}
      keyOf={({ number }) => String(number)}
    />
  );
}

function columnsOf(digest: string): Column<LayerRow>[] {
  const { layers: words } = texts;
  const listOf = (tab: string, query: Record<string, string>): string =>
    hrefOf(`/images/${digest}/${tab}`, query);
  return [
    { key: 'number', title: words.number, isNumber: true, cell: ({ number }) => number },
    {
      key: 'instruction',
      title: words.instruction,
      isName: true,
      cell: ({ createdBy, diffId }) => (
        <>
          {createdBy === undefined || createdBy === null || createdBy === '' ? (
            <span class="muted">{words.unknown}</span>
          ) : (
            <code>
              <Foreign text={createdBy} />
            </code>
          )}
          {diffId !== null && <span class="muted below">{diffId}</span>}
        </>
      ),
    },
    { key: 'size', title: words.size, isNumber: true, cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
    {
      key: 'packages',
      title: words.packages,
      isNumber: true,
      cell: ({ packages, number }) =>
        packages === 0 ? (
          0
        ) : (
          <a href={listOf('packages', { layer: String(number) })}>{formatNumber(packages)}</a>
        ),
    },
    {
      key: 'findings',
      title: words.findings,
      cell: ({ counts, number }) => (
        <>
          <SeverityBar counts={counts} />
          <SeverityNumbers
            counts={counts}
            hrefOf={(severity) => listOf('findings', { layer: String(number), severity })}
          />
        </>
      ),
    },
  ];
}

function rowsOf({ layers, packages, matches }: ImageReport): LayerRow[] {
  return layers.map((layer, index) => {
    const isHere = (one: { readonly location: { readonly layer: string | null } }): boolean =>
      one.location.layer !== null && one.location.layer === layer.diffId;
    return {
      ...layer,
      number: index + 1,
      packages: packages.filter(isHere).length,
      counts: countSeverities(
        matches
          .filter((finding) => isHere(finding.package))
          .map(({ vulnerability }) => vulnerability.severity),
      ),
    };
  });
}
