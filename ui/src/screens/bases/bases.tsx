import type { JSX } from 'preact';
import type { BaseImage, BaseList } from '../../api/bases.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { CheckField, FilterBar } from '../../components/filters.tsx';
import { ListScreen } from '../../components/list-screen.tsx';
import { texts } from '../../texts.ts';
import { baseHref, CountText, ImageLink, Newer, UpgradeViews } from './base-parts.tsx';

const filterNames = ['outdated'] as const;
const { bases: words } = texts;

/** The base images of the fleet, those with the most images first. */
export function BasesScreen(): JSX.Element {
  return (
    <ListScreen<BaseList>
      title={words.title}
      intro={words.explanation}
      path="/bases"
      filterNames={filterNames}
      emptyText={words.empty}
      emptyHint={words.emptyHint}
      csvName="bases.csv"
      sizeOf={({ bases }) => bases.length}
      filters={
        <>
          <UpgradeViews />
          <FilterBar names={filterNames}>
            <CheckField name="outdated" label={words.outdated} />
          </FilterBar>
        </>
      }
    >
      {({ bases }) => (
        <DataTable
          caption={words.caption}
          columns={columns}
          rows={bases}
          keyOf={({ digest, reference }) => digest ?? reference}
        />
      )}
    </ListScreen>
  );
}

const columns: readonly Column<BaseImage>[] = [
  {
    key: 'image',
    title: words.base,
    isName: true,
    cell: (base) => <ImageLink image={base} href={baseHref} />,
  },
  { key: 'layers', title: words.layers, isNumber: true, cell: ({ layers }) => layers },
  { key: 'images', title: words.images, isNumber: true, cell: ({ images }) => <CountText count={images} /> },
  {
    key: 'direct',
    title: words.direct,
    hint: words.directHint,
    isNumber: true,
    cell: ({ direct }) => <CountText count={direct} />,
  },
  {
    key: 'older',
    title: words.onOlder,
    hint: words.onOlderHint,
    isNumber: true,
    cell: ({ onOlder }) => <CountText count={onOlder} />,
  },
  {
    key: 'newer',
    title: words.newer,
    cell: ({ replacedBy }) => <Newer replacedBy={replacedBy} />,
  },
];
