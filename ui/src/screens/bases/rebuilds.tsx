import type { JSX } from 'preact';
import type { Rebuild, RebuildList } from '../../api/bases.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { ListScreen } from '../../components/list-screen.tsx';
import { Time } from '../../components/text.tsx';
import { formatDay } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';
import { baseHref, ImageLink, Newer, UpgradeViews } from './base-parts.tsx';

const { bases: words } = texts;

/** The images to build again, because a newer image has the name of their base. */
export function RebuildsScreen(): JSX.Element {
  return (
    <ListScreen<RebuildList>
      title={words.rebuilds}
      intro={words.rebuildsExplanation}
      path="/rebuilds"
      filterNames={[]}
      emptyText={words.noRebuild}
      csvName="rebuilds.csv"
      filters={<UpgradeViews />}
      sizeOf={({ rebuilds, next }) => (next === undefined ? rebuilds.length : 1)}
    >
      {({ rebuilds }) => (
        <DataTable
          caption={words.rebuildsCaption}
          columns={columns}
          rows={rebuilds}
          keyOf={({ digest, reference, base }) => `${digest ?? reference} ${base.digest ?? base.reference}`}
        />
      )}
    </ListScreen>
  );
}

const columns: readonly Column<Rebuild>[] = [
  {
    key: 'image',
    title: words.image,
    isName: true,
    cell: (image) => <ImageLink image={image} href={(digest) => hrefOf(`/images/${digest}`)} />,
  },
  { key: 'base', title: words.base, cell: ({ base }) => <ImageLink image={base} href={baseHref} /> },
  { key: 'newer', title: words.newer, cell: ({ newer }) => <Newer replacedBy={[newer]} /> },
  {
    key: 'since',
    title: words.since,
    cell: ({ newer }) => <Time iso={newer.since}>{formatDay(newer.since)}</Time>,
  },
];
