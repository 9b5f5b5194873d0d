import type { JSX } from 'preact';
import type { BaseImage, ImageBases, LayeredImage } from '../../api/bases.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { ListScreen } from '../../components/list-screen.tsx';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';
import { baseHref, CountText, ImageLink, Newer, UpgradeViews } from './base-parts.tsx';

const { bases: words } = texts;

/** The bases of an image, and the images on it. */
export function BaseScreen({ digest }: { readonly digest: string }): JSX.Element {
  return (
    <ListScreen<ImageBases>
      title={words.title}
      path={`/images/${encodeURIComponent(digest)}/bases`}
      filterNames={[]}
      emptyText={words.noImages}
      csvName="images-on-base.csv"
      filters={<UpgradeViews />}
      // The bases are shown even if no image is on this one.
      sizeOf={() => 1}
    >
      {(data) => (
        <>
          <Lattice data={data} />
          <OnBase images={data.images} />
        </>
      )}
    </ListScreen>
  );
}

/** The bases of an image as nested lists, the lowest one outside, and the image itself inside. */
function Lattice({ data }: { readonly data: ImageBases }): JSX.Element {
  const own = (
    <li>
      <strong>
        <ImageLink image={data} href={(digest) => hrefOf(`/images/${digest}`)} />
      </strong>
    </li>
  );
  const nested = data.bases.reduce(
    (inner, base) => (
      <li key={base.digest ?? base.reference}>
        <BaseLine base={base} />
        <ul class="lattice">{inner}</ul>
      </li>
    ),
    own,
  );
  return (
    <section class="card" aria-label={words.lattice}>
      <h2>{words.lattice}</h2>
      {data.bases.length === 0 && <p class="muted">{words.noBase}</p>}
      <ul class="lattice">{nested}</ul>
    </section>
  );
}

function BaseLine({ base }: { readonly base: BaseImage }): JSX.Element {
  return (
    <>
      <ImageLink image={base} href={baseHref} />
      <span class="below">
        {words.images}: <CountText count={base.images} />
      </span>
      {base.replacedBy.length > 0 && (
        <span class="below">
          {words.newer}: <Newer replacedBy={base.replacedBy} />
        </span>
      )}
    </>
  );
}

function OnBase({ images }: { readonly images: readonly LayeredImage[] }): JSX.Element {
  if (images.length === 0) return <p class="muted">{words.noImages}</p>;
  return (
    <DataTable
      caption={words.onBase}
      columns={columns}
      rows={images}
      keyOf={({ digest, reference }) => digest ?? reference}
    />
  );
}

const columns: readonly Column<LayeredImage>[] = [
  {
    key: 'image',
    title: words.onBase,
    isName: true,
    cell: (image) => <ImageLink image={image} href={(digest) => hrefOf(`/images/${digest}`)} />,
  },
  { key: 'platform', title: words.platform, cell: ({ platform }) => platform ?? texts.states.none },
  { key: 'layers', title: words.layers, isNumber: true, cell: ({ layers }) => layers },
];
