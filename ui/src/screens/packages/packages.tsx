import type { JSX } from 'preact';
import type { ListedPackage, PackageList } from '../../api/lists.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FilterBar, TextField } from '../../components/filters.tsx';
import { ListScreen } from '../../components/list-screen.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';

const filterNames = ['q', 'namespace'] as const;

/** The packages of the fleet. */
export function PackagesScreen(): JSX.Element {
  const { packagesArea } = texts;
  return (
    <ListScreen<PackageList>
      title={texts.areas.packages}
      path="/packages"
      filterNames={filterNames}
      emptyText={packagesArea.empty}
      nothingText={packagesArea.nothing}
      csvName="packages.csv"
      sizeOf={(data) => data.packages.length}
      filters={
        <FilterBar names={filterNames}>
          <TextField name="q" label={packagesArea.name} />
          <TextField name="namespace" label={packagesArea.namespace} placeholder="debian:12" />
        </FilterBar>
      }
    >
      {(data) => (
        <DataTable
          caption={packagesArea.caption}
          columns={columns}
          rows={data.packages}
          keyOf={({ namespace, name }) => `${namespace}\n${name}`}
        />
      )}
    </ListScreen>
  );
}

const columns: readonly Column<ListedPackage>[] = [
  {
    key: 'name',
    title: texts.packagesArea.name,
    isName: true,
    cell: ({ namespace, name }) => (
      <a href={hrefOf('/packages/versions', { namespace, name })}>
        <Foreign text={name} />
      </a>
    ),
  },
  {
    key: 'namespace',
    title: texts.packagesArea.namespace,
    cell: ({ namespace }) => <Foreign text={namespace} />,
  },
  {
    key: 'worst',
    title: texts.packagesArea.worst,
    hint: texts.packagesArea.worstHint,
    cell: ({ worst }) =>
      worst === null ? (
        <span class="muted">{texts.packagesArea.none}</span>
      ) : (
        <SeverityBadge severity={worst} />
      ),
  },
  {
    key: 'versions',
    title: texts.packagesArea.versions,
    isNumber: true,
    cell: ({ namespace, name, versions }) => (
      <a href={hrefOf('/packages/versions', { namespace, name })}>{formatNumber(versions)}</a>
    ),
  },
  {
    key: 'images',
    title: texts.packagesArea.images,
    isNumber: true,
    cell: ({ images }) => formatNumber(images),
  },
];
