import { limits } from '../../../core/limits.ts';
import type { PageRequest } from '../../../store/page.ts';
import type { ListLimiter } from '../list-limiter.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import { type CsvColumns, type CsvPage, csvResponse, wantsCsv } from './csv.ts';
import { jsonResponse } from './problem.ts';

/** A page of rows. `next` is the place behind which the next page begins; absent on the last page. */
export interface RowPage<Row, Place> {
  readonly rows: readonly Row[];
  readonly next?: Place | undefined;
}

/** A list of `/api/v1`, which clients read page by page as JSON, or as a whole as CSV. */
export interface RowList<Row, Place> {
  /** The member of the JSON document that has the rows, and the name of the CSV file. */
  readonly name: string;
  readonly read: (page: PageRequest<Place>) => Promise<RowPage<Row, Place>>;
  readonly toJson: (row: Row) => object;
  readonly columns: CsvColumns<Row>;
  /** Returns `next` of the JSON document. */
  readonly nextOf: (place: Place) => string | number;
  /** Returns other members of the JSON document, which come first. */
  readonly head?: () => Promise<object>;
}

/** The request for a list. */
export interface ListContext {
  readonly request: Pick<ApiRequest, 'headers' | 'signal'>;
  /** Limits how many pages are read at a time. Also each page of a CSV file waits for its turn. */
  readonly listLimiter: ListLimiter;
}

/** Returns a page of a list as JSON, or the rows from its start on as CSV if the client prefers that. `limit` does not apply to CSV. */
export async function listResponse<Row, Place>(
  list: RowList<Row, Place>,
  page: { readonly limit: number; readonly after?: Place | undefined },
  context: ListContext,
): Promise<ApiResponse> {
  if (wantsCsv(context.request))
    return csvResponse(list.name, list.columns, () => csvPages(list, page.after, context));
  const { rows, next } = await readRows(list, page, context);
  const document = {
    ...(await list.head?.()),
    [list.name]: rows.map(list.toJson),
    ...(next !== undefined && { next: list.nextOf(next) }),
  };
  return jsonResponse(200, document, { Vary: 'Accept' });
}

async function* csvPages<Row, Place>(
  list: RowList<Row, Place>,
  start: Place | undefined,
  context: ListContext,
): AsyncGenerator<CsvPage<Row>> {
  let after = start;
  do {
    const { rows, next } = await readRows(list, { limit: limits.affectedPerPage, after }, context);
    yield { rows, next: next === undefined ? undefined : String(list.nextOf(next)) };
    after = next;
  } while (after !== undefined);
}

async function readRows<Row, Place>(
  { read }: RowList<Row, Place>,
  { limit, after }: { readonly limit: number; readonly after?: Place | undefined },
  { request, listLimiter }: ListContext,
): Promise<RowPage<Row, Place>> {
  const page = { limit, ...(after !== undefined && { after }) };
  return await listLimiter.run(request.signal, () => read(page));
}
