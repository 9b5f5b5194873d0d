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
import type { SeverityCounts } from '../severity.ts';
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
          data.upgrades === null ? (
            <Empty title={texts.today.neverCounted} />
          ) : data.upgrades.length === 0 ? (
            <Empty title={upgrades.empty} />
          ) : (
            <>
              <p class="muted">
                {upgrades.explanation}{' '}
                {data.countedAt !== null && upgrades.countedAt(formatTime(data.countedAt))}
              </p>
              <Effect list={data} />
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
      keyOf={({ rank }) => String(rank)}
    />
  );
}

/** The findings of the fleet before and after all upgrades of the list. */
export function Effect({
  list: { before, after, upgrades },
}: {
  readonly list: UpgradeList;
}): JSX.Element | null {
  if (before?.findings === undefined || after?.findings === undefined) return null;
  return (
    <p class="verdict-text">
      {texts.upgrades.effect(before.findings, after.findings, upgrades?.length ?? 0)}
    </p>
  );
}

function severityCounts({ exploited: _, findings: __, ...counts }: ClosedCounts): SeverityCounts {
  return counts;
}

/** Returns the list of findings of the package of an upgrade. */
function findingsHref(
  { namespace, package: name }: Upgrade,
  query: Readonly<Record<string, string>> = {},
): string {
  return hrefOf('/findings', {
    namespace: namespace ?? undefined,
    package: name ?? undefined,
    fixable: 'true',
    ...query,
  });
}

const columns: readonly Column<Upgrade>[] = [
  { key: 'rank', title: '', isNumber: true, cell: ({ rank }) => rank },
  {
    key: 'action',
    title: texts.upgrades.action,
    isName: true,
    cell: (upgrade) => <Action upgrade={upgrade} />,
  },
  {
    key: 'closes',
    title: texts.upgrades.closes,
    cell: (upgrade) => (
      <>
        <SeverityNumbers
          counts={severityCounts(upgrade.closes)}
          hrefOf={(severity) => findingsHref(upgrade, { severity })}
        />
        {(upgrade.closes.exploited ?? 0) > 0 && (
          <a class="exploited" href={findingsHref(upgrade, { exploited: 'true' })}>
            ▲ {texts.upgrades.exploited(upgrade.closes.exploited ?? 0)}
          </a>
        )}
      </>
    ),
  },
  {
    key: 'images',
    title: texts.upgrades.images,
    isNumber: true,
    cell: (upgrade) => <a href={findingsHref(upgrade)}>{formatNumber(upgrade.images)}</a>,
  },
  {
    key: 'residual',
    title: texts.upgrades.residual,
    isNumber: true,
    cell: ({ residual }) => formatNumber(Math.round(residual * 100) / 100),
  },
];

/** The package of an upgrade with both versions, or its text if it is of no package. */
function Action({ upgrade }: { readonly upgrade: Upgrade }): JSX.Element {
  const { namespace, package: name, version, fixedVersion, kind, text } = upgrade;
  const about = [namespace, texts.upgrades.kinds[kind] ?? kind].filter((part) => part !== null).join(', ');
  return (
    <>
      {name === null || namespace === null ? (
        <Foreign text={text} />
      ) : (
        <a href={hrefOf('/packages/versions', { namespace, name })}>
          <Foreign text={name} />
        </a>
      )}
      {version !== null && fixedVersion !== null && (
        <span class="below">
          <Foreign text={texts.upgrades.from(version, fixedVersion)} />
        </span>
      )}
      <span class="muted below">
        <Foreign text={about} />
      </span>
    </>
  );
}
