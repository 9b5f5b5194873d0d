import type { JSX } from 'preact';
import { isMissingRoute, pathOf, useResource } from '../../api/client.ts';
import type { AffectedImage, AffectedList } from '../../api/lists.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FixCell } from '../../components/fix.tsx';
import { CursorPages, ExportButton } from '../../components/pages.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { asOf, hrefOf, hrefWith, place } from '../../router.ts';
import { asOfTime } from '../../shell/as-of-picker.tsx';
import { texts } from '../../texts.ts';

interface AffectedImagesProps {
  readonly id: string;
  /** Null if the number is not known. */
  readonly count: number | null;
}

/** The images that a vulnerability affects, with the package and the layer. */
export function AffectedImages({ id, count }: AffectedImagesProps): JSX.Element {
  const path = pathOf(`/advisories/${encodeURIComponent(id)}/images`, {
    asOf: asOfTime(),
    after: place.value.query.get('after') ?? undefined,
  });
  const resource = useResource<AffectedList>(path);
  const { failure, data } = resource;
  const hasNoAdvisory = data === undefined && failure?.status === 404 && !isMissingRoute(failure);
  return (
    <section class="card" id="images">
      <div class="heading">
        <h2>{texts.advisory.images}</h2>
        {!hasNoAdvisory && <ExportButton path={path} name={`${id}-images.csv`} />}
      </div>
      <Moments count={count} />
      {hasNoAdvisory ? (
        <p class="muted">{texts.advisory.noAdvisory(asOf.value)}</p>
      ) : (
        <Loaded resource={resource} path={path}>
          {(list) => <ImageList list={list} />}
        </Loaded>
      )}
    </section>
  );
}

/** Of which moment and of which findings the list is, and of which the number. They differ, and must not seem to contradict each other. */
function Moments({ count }: Pick<AffectedImagesProps, 'count'>): JSX.Element {
  const { advisory } = texts;
  if (asOf.value === undefined)
    return (
      <p class="muted">
        {count !== null && advisory.imagesOf(count)} {advisory.listed}
      </p>
    );
  return (
    <p class="muted">
      {advisory.listedAsOf(asOf.value)}{' '}
      {count !== null && (
        <a href={hrefWith({ asOf: undefined, after: undefined })}>{advisory.imagesNow(count)}</a>
      )}
    </p>
  );
}

function ImageList({ list: { images, suppressed, next } }: { readonly list: AffectedList }): JSX.Element {
  const { advisory } = texts;
  const left = suppressed > 0 && <p class="muted">{advisory.suppressed(suppressed)}</p>;
  if (images.length === 0 && next === undefined)
    return (
      <>
        <p class="muted">
          {asOf.value === undefined ? advisory.noImages : advisory.noImagesAsOf(asOf.value)}
        </p>
        {left}
      </>
    );
  return (
    <>
      <DataTable
        caption={advisory.images}
        columns={columns}
        rows={images}
        keyOf={(image) => JSON.stringify([image.digest, image.names, image.packages])}
      />
      {left}
      <CursorPages next={next} />
    </>
  );
}

const columns: readonly Column<AffectedImage>[] = [
  {
    key: 'image',
    title: texts.advisory.imageColumn,
    isName: true,
    cell: ({ digest, names: [first = '', ...others], certain }) => (
      <>
        {digest === null || digest === undefined ? (
          <Foreign text={first} />
        ) : (
          <a href={hrefOf(`/images/${digest}`)}>
            <Foreign text={first === '' ? digest : first} />
          </a>
        )}
        {others.length > 0 && <span class="muted below">{texts.images.more(others.length)}</span>}
        {!certain && <span class="bad below">{texts.advisory.certain}</span>}
      </>
    ),
  },
  {
    key: 'package',
    title: texts.findings.package,
    cell: ({ packages }) =>
      packages.map(({ name }) => (
        <div key={name}>
          <Foreign text={name} />
        </div>
      )),
  },
  {
    key: 'version',
    title: texts.findings.installed,
    cell: ({ packages: [first] }) => (first === undefined ? '' : <Foreign text={first.version} />),
  },
  {
    key: 'fix',
    title: texts.findings.fixedIn,
    cell: ({ packages: [first] }) => (first === undefined ? '' : <FixCell fix={first.fix} />),
  },
  {
    key: 'severity',
    title: texts.findings.severity,
    cell: ({ packages: [first] }) => (first === undefined ? '' : <SeverityBadge severity={first.severity} />),
  },
  {
    key: 'layer',
    title: texts.advisory.layer,
    cell: ({ packages: [first] }) =>
      first === undefined || first.location.layer === null ? (
        texts.states.none
      ) : (
        <code title={first.location.layer}>{first.location.layer.slice(7, 19)}</code>
      ),
  },
];
