import type { JSX } from 'preact';
import { pathOf, useResource } from '../api/client.ts';
import type { ClosedCounts, Upgrade, UpgradeList } from '../api/lists.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { FilterBar, TextField } from '../components/filters.tsx';
import { DownloadButton, ExportButton } from '../components/pages.tsx';
import { SeverityNumbers } from '../components/severity.tsx';
import { Empty, Heading, Loaded } from '../components/states.tsx';
import { Foreign } from '../components/text.tsx';
import { formatNumber, formatTime } from '../format.ts';
import { hrefOf, place } from '../router.ts';
import { texts } from '../texts.ts';

const filterNames = ['repository'] as const;
const upgradesShown = 50;

/** What to upgrade in the fleet, by the risk that it removes. */
export function UpgradesScreen(): JSX.Element {
  const repository = place.value.query.get('repository') ?? undefined;
  const path = pathOf('/upgrades', { repository, limit: String(upgradesShown) });
  const resource = useResource<UpgradeList>(path);
  const { upgrades } = texts;
  return (
    <>
      <Heading title={texts.areas.upgrades}>
        <span class="actions">
          <DownloadButton path={path} accept="text/markdown" name="upgrades.md" label={upgrades.markdown} />
          <ExportButton path={path} name="upgrades.csv" />
        </span>
      </Heading>
      <FilterBar names={filterNames}>
        <TextField name="repository" label={texts.filters.repository} />
      </FilterBar>
      <Loaded resource={resource} path={path}>
        {(data) =>
          data.countedAt === null ? (
            <Empty title={texts.today.neverCounted} />
          ) : data.upgrades.length === 0 ? (
            <Empty title={upgrades.empty} />
          ) : (
            <>
              <p class="muted">
                {upgrades.explanation} {upgrades.countedAt(formatTime(data.countedAt))}
              </p>
              <UpgradeTable upgrades={data.upgrades} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

/** Upgrades with what each closes. */
export function UpgradeTable({ upgrades }: { readonly upgrades: readonly Upgrade[] }): JSX.Element {
  return (
    <DataTable
      caption={texts.upgrades.caption}
      columns={columns}
      rows={upgrades}
      keyOf={({ rank, namespace, package: name, version }) => `${rank} ${namespace} ${name} ${version}`}
    />
  );
}

function severityCounts({ exploited: _, ...counts }: ClosedCounts): Omit<ClosedCounts, 'exploited'> {
  return counts;
}

const columns: readonly Column<Upgrade>[] = [
  { key: 'rank', title: '', isNumber: true, cell: ({ rank }) => rank },
  {
    key: 'action',
    title: texts.upgrades.action,
    isName: true,
    cell: ({ namespace, package: name, version, fixedVersion, kind }) => (
      <>
        <a href={hrefOf('/packages/versions', { namespace, name })}>
          <Foreign text={name} />
        </a>
        <span class="muted below">
          <Foreign text={texts.upgrades.from(version, fixedVersion)} />
        </span>
        <span class="muted below">
          <Foreign text={`${namespace}, ${texts.upgrades.kinds[kind] ?? kind}`} />
        </span>
      </>
    ),
  },
  {
    key: 'closes',
    title: texts.upgrades.closes,
    cell: ({ closes, namespace, package: name }) => (
      <>
        <SeverityNumbers
          counts={severityCounts(closes)}
          hrefOf={(severity) => hrefOf('/findings', { namespace, package: name, severity, fixable: 'true' })}
        />
        {(closes.exploited ?? 0) > 0 && (
          <span class="exploited">▲ {texts.upgrades.exploited(closes.exploited ?? 0)}</span>
        )}
      </>
    ),
  },
  {
    key: 'images',
    title: texts.upgrades.images,
    isNumber: true,
    cell: ({ images, namespace, package: name }) => (
      <a href={hrefOf('/findings', { namespace, package: name, fixable: 'true' })}>{formatNumber(images)}</a>
    ),
  },
  {
    key: 'residual',
    title: texts.upgrades.residual,
    isNumber: true,
    cell: ({ residual }) => formatNumber(Math.round(residual * 100) / 100),
  },
];
