import type { JSX } from 'preact';
import type { NotAssessed } from '../../api/types.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';

/** Query of the list of images that are not assessed. */
export const unassessedQuery = { assessed: 'false' } as const;

type Reason = NotAssessed['reasons'][number];

/** The images of which something was not assessed, by reason. Each number leads to its list. */
export function NotAssessedCard({
  images,
}: {
  /** Null before the first count. */
  readonly images: NotAssessed | null;
}): JSX.Element {
  const { notAssessed } = texts;
  return (
    <Card title={notAssessed.title}>
      {images === null ? <p class="muted">{texts.today.neverCounted}</p> : <Reasons images={images} />}
    </Card>
  );
}

/** Returns the filter by system of the images with a reason. Undefined if it concerns no system. */
function filterOf({ code, namespace }: Pick<Reason, 'code' | 'namespace'>): string | undefined {
  return code === 'no-namespace' ? 'none' : (namespace ?? undefined);
}

function Reasons({ images: { images, uncounted, reasons } }: { readonly images: NotAssessed }): JSX.Element {
  const { notAssessed } = texts;
  const columns: Column<Reason>[] = [
    {
      key: 'reason',
      title: notAssessed.reason,
      isName: true,
      cell: ({ reason, namespace }) => (
        <>
          {namespace !== null && (
            <span class="tag">
              <Foreign text={namespace} />
            </span>
          )}{' '}
          <Foreign text={reason} isWhole />
        </>
      ),
    },
    {
      key: 'images',
      title: notAssessed.images,
      isNumber: true,
      cell: ({ code, namespace, images: count }) => (
        <a href={hrefOf('/images', { ...unassessedQuery, namespace: filterOf({ code, namespace }) })}>
          {formatNumber(count)}
        </a>
      ),
    },
  ];
  return (
    <>
      {uncounted > 0 && <p class="muted">{notAssessed.uncounted(uncounted)}</p>}
      {images === 0 ? (
        <p class="muted">{notAssessed.none}</p>
      ) : (
        <DataTable
          caption={notAssessed.title}
          columns={columns}
          rows={reasons}
          keyOf={({ reason, namespace }) => `${namespace ?? ''} ${reason}`}
        />
      )}
    </>
  );
}
