import { limits } from '../../../core/limits.ts';
import type {
  FleetImage,
  FleetImageFilter,
  FleetImagePlace,
  ImageOrder,
} from '../../../store/finding-index-store.ts';
import type { PageRequest } from '../../../store/page.ts';
import { type ApiRequest, WireError } from '../route.ts';
import type { FleetDeps } from './fleet-route.ts';
import type { RowPage } from './list-response.ts';
import { type ImageReader, visibleImage } from './visible-image.ts';

type ImagePage = RowPage<FleetImage, FleetImagePlace>;

/** A request for a page of images, with the order of the list. */
export interface OrderedPage extends PageRequest<FleetImagePlace> {
  readonly order: ImageOrder;
}

const plainParameters: ReadonlySet<string> = new Set(['limit', 'after', 'partial']);

/**
 * Returns the filter by which a token lists images. A token that is limited to repositories gives one of them with any condition or order:
 * otherwise `next` would say what is true of images that it may not see. Throws `WireError` 403.
 */
export function filterForReader(
  filter: FleetImageFilter,
  { query, repositories }: Pick<ApiRequest, 'query' | 'repositories'>,
): FleetImageFilter {
  if (repositories === undefined) return filter;
  if (filter.repository !== undefined && repositories.allows(filter.repository))
    return { ...filter, isNamed: true };
  if (filter.repository === undefined && [...query.keys()].every((name) => plainParameters.has(name)))
    return filter;
  throw new WireError(
    403,
    'this token is limited to repositories: give one of them as repository, or list images without conditions and order',
  );
}

/** Returns a page of the images that a token may read, each with the names that it may read. The filter is from `filterForReader`. */
export async function pageReadable(
  filter: FleetImageFilter,
  page: OrderedPage,
  { request, store }: { readonly request: ImageReader; readonly store: FleetDeps['store'] },
): Promise<ImagePage> {
  const read = async (wanted: OrderedPage): Promise<ImagePage> => {
    const { images, next } = await store.findingIndex.pageImages(filter, wanted);
    const rows = images.flatMap(({ image, findings }) =>
      visibleImage(image, request).map((visible) => ({ image: visible, findings })),
    );
    return { rows, next };
  };
  const isWholeFleet = request.repositories !== undefined && filter.repository === undefined;
  return isWholeFleet ? await fillPage(page, read) : await read(page);
}

/**
 * Reads images by number until more are visible than the page has, or until the last one: so `next` says only whether the token may read
 * more. It stops after `limits.imagesReadForPage` images, with a page that is not full and a `next` behind them.
 */
async function fillPage(
  { limit, after: start, order }: OrderedPage,
  read: (page: OrderedPage) => Promise<ImagePage>,
): Promise<ImagePage> {
  const rows: FleetImage[] = [];
  let after = start;
  for (let count = 0; count < limits.imagesReadForPage; count += limits.affectedPerPage) {
    const page = await read({ order, limit: limits.affectedPerPage, ...(after !== undefined && { after }) });
    rows.push(...page.rows);
    const last = rows[limit - 1];
    if (rows.length > limit && last !== undefined)
      return { rows: rows.slice(0, limit), next: [0, last.image.number] };
    after = page.next;
    if (after === undefined) break;
  }
  return { rows, next: after };
}
