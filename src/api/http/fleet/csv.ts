import { AsyncLocalStorage } from 'node:async_hooks';
import { limits } from '../../../core/limits.ts';
import { type CsvValue, csvLine } from '../../../kit/csv.ts';
import { preferredType } from '../media-ranges.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';

/** The cells of a row by the names of their columns, in the order of the columns. */
export type CsvColumns<Row> = Readonly<Record<string, (row: Row) => CsvValue>>;

/** A page of a list, with the text of its `next`. */
export interface CsvPage<Row> {
  readonly rows: readonly Row[];
  /** The `after` of the next page. Undefined on the last page. */
  readonly next: string | undefined;
}

/** Whether a client wants a list as CSV: `text/csv` comes before JSON in its `Accept` header. */
export function wantsCsv({ headers }: Pick<ApiRequest, 'headers'>): boolean {
  return preferredType(headers.accept ?? '*/*', ['application/json', 'text/csv']) === 'text/csv';
}

/**
 * Returns a response with the rows of pages as CSV (RFC 4180), after a line with the names of the columns. Pages of `limits.affectedPerPage`
 * rows are read while the client reads, at most `limits.csvRows` rows in all. If there are more, the last line says so, with the `after` that
 * continues the list. A failing page ends the transfer without its end, so that clients notice.
 */
export function csvResponse<Row>(
  name: string,
  columns: CsvColumns<Row>,
  pages: () => AsyncIterable<CsvPage<Row>>,
): ApiResponse {
  return {
    status: 200,
    headers: { Vary: 'Accept', 'Content-Disposition': `attachment; filename="${name}.csv"` },
    contentType: 'text/csv; charset=utf-8; header=present',
    stream: inThisContext(csvLines(columns, pages())),
  };
}

async function* csvLines<Row>(
  columns: CsvColumns<Row>,
  pages: AsyncIterable<CsvPage<Row>>,
): AsyncGenerator<string> {
  const cells = Object.values(columns);
  // The first page is a part of the first chunk: a failure until then still gets an error response.
  let head = lineOf(Object.keys(columns));
  let pagesLeft = limits.csvRows / limits.affectedPerPage;
  for await (const { rows, next } of pages) {
    pagesLeft--;
    const isCut = pagesLeft <= 0 && next !== undefined;
    const text = rows.map((row) => lineOf(cells.map((cell) => cell(row)))).join('');
    const end = isCut ? lineOf([cutText(next), ...cells.slice(1).map(() => '')]) : '';
    yield head + text + end;
    if (isCut) return;
    head = '';
  }
}

/** Returns the text of the last line of a list that has more rows than a client gets as CSV. */
function cutText(next: string): string {
  return `cut after ${limits.csvRows} rows: repeat the request with after=${next} for the following ones`;
}

function lineOf(cells: readonly CsvValue[]): string {
  return `${csvLine(cells)}\r\n`;
}

/** Returns a stream whose chunks are made in the current asynchronous context, which has the limits of the store for this request. */
function inThisContext(chunks: AsyncGenerator<string>): AsyncIterable<string> {
  const run = AsyncLocalStorage.snapshot();
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => run(() => chunks.next()),
      return: () => chunks.return(undefined),
    }),
  };
}
