import type { JSX } from 'preact';
import { pathOf, useResource } from '../../api/client.ts';
import type { AffectedImage, AffectedList } from '../../api/lists.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FixCell } from '../../components/fix.tsx';
import { CursorPages, ExportButton } from '../../components/pages.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { hrefOf, place } from '../../router.ts';
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
  return (
    <section class="card" id="images">
      <div class="heading">
        <h2>{texts.advisory.images}</h2>
        {count !== null && <span class="muted">{texts.advisory.imagesOf(count)}</span>}
        <ExportButton path={path} name={`${id}-images.csv`} />
      </div>
      <Loaded resource={resource} path={path}>
        {({ images, next }) =>
          images.length === 0 && next === undefined ? (
            <p class="muted">{texts.advisory.noImages}</p>
          ) : (
            <>
              <DataTable
                caption={texts.advisory.images}
                columns={columns}
                rows={images}
                keyOf={(image) => JSON.stringify([image.digest, image.names, image.packages])}
              />
              <CursorPages next={next} />
            </>
          )
        }
      </Loaded>
    </section>
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
