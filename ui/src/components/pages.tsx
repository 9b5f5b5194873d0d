import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { failureOf, fileMs, request } from '../api/client.ts';
import { wholeCsv } from '../api/whole-csv.ts';
import { hrefWith, place } from '../router.ts';
import { texts } from '../texts.ts';

/** Rows on a page of a list that the browser holds whole. */
const rowsPerPage = 100;

/** Links to the pages of a list of the server, which knows only what comes next. */
export function CursorPages({ next }: { readonly next: string | number | undefined }): JSX.Element | null {
  const isFirst = !place.value.query.has('after');
  if (isFirst && next === undefined) return null;
  return (
    <nav class="pages" aria-label={texts.table.pages}>
      {!isFirst && (
        <a class="button" href={hrefWith({ after: undefined })}>
          {texts.table.first}
        </a>
      )}
      {next !== undefined && (
        <a class="button" href={hrefWith({ after: String(next) })}>
          {texts.table.next}
        </a>
      )}
    </nav>
  );
}

/** The number of rows of a list, or that it has at least those of its first page: a further page may be empty, and does not know what is before it. */
export function RowCount({
  rows,
  next,
}: {
  readonly rows: number;
  readonly next: unknown;
}): JSX.Element | null {
  if (place.value.query.has('after')) return null;
  return <>{next === undefined ? texts.table.rows(rows) : texts.table.moreRows(rows)}</>;
}

/** A page of a list that the browser holds whole. */
export interface LocalPage<T> {
  readonly rows: readonly T[];
  readonly from: number;
  readonly all: number;
}

/** Returns the rows of the page that the address names. */
export function localPage<T>(rows: readonly T[]): LocalPage<T> {
  const wanted = Number.parseInt(place.value.query.get('from') ?? '0', 10);
  const from = Number.isNaN(wanted) || wanted < 0 || wanted >= rows.length ? 0 : wanted;
  return { rows: rows.slice(from, from + rowsPerPage), from, all: rows.length };
}

/** Links to the pages of a list that the browser holds whole. */
export function LocalPages<T>({ page }: { readonly page: LocalPage<T> }): JSX.Element | null {
  const { from, all, rows } = page;
  if (all === 0) return null;
  const to = from + rows.length;
  return (
    <nav class="pages" aria-label={texts.table.pages}>
      <span class="muted">{texts.table.shown(from + 1, to, all)}</span>
      {from > 0 && (
        <a class="button" href={hrefWith({ from: String(Math.max(0, from - rowsPerPage)) })}>
          {texts.table.previous}
        </a>
      )}
      {to < all && (
        <a class="button" href={hrefWith({ from: String(to) })}>
          {texts.table.next}
        </a>
      )}
    </nav>
  );
}

/** A button that saves the list of a path of the API as CSV. */
export function ExportButton({ path, name }: { readonly path: string; readonly name: string }): JSX.Element {
  return <DownloadButton path={path} accept="text/csv" name={name} label={texts.table.export} />;
}

interface DownloadButtonProps {
  readonly path: string;
  readonly accept: string;
  /** Name of the saved file. */
  readonly name: string;
  readonly label: string;
}

/** A button that saves a response of the API as a file. A link could not send the token. */
export function DownloadButton({ path, accept, name, label }: DownloadButtonProps): JSX.Element {
  const isBusy = useSignal(false);
  const failed = useSignal('');
  const download = async (): Promise<void> => {
    isBusy.value = true;
    failed.value = '';
    try {
      const read = async (after?: string): Promise<Blob> => await fetchFile(behind(path, after), accept);
      saveFile(accept === 'text/csv' ? await wholeCsv(read) : await read(), name);
    } catch (error) {
      failed.value = failureOf(error).detail;
    }
    isBusy.value = false;
  };
  return (
    <span class="download">
      <button type="button" disabled={isBusy.value} onClick={() => void download()}>
        {isBusy.value ? texts.table.exporting : label}
      </button>
      {failed.value !== '' && (
        <span role="alert" class="bad">
          {texts.raw.failed} {failed.value}
        </span>
      )}
    </span>
  );
}

/** Returns a response of the API. Throws if it is not in the wanted format. */
async function fetchFile(path: string, accept: string): Promise<Blob> {
  const response = await request(path, { headers: { Accept: accept } }, fileMs);
  const type = response.headers.get('Content-Type') ?? '';
  if (!accept.includes('*') && !type.startsWith(accept)) throw new Error(texts.table.noSuchFormat);
  return await response.blob();
}

/** Returns the path of a list behind a place. */
function behind(path: string, after: string | undefined): string {
  if (after === undefined) return path;
  const [list = '', query = ''] = path.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('after', after);
  return `${list}?${parameters.toString()}`;
}

/** Saves a file through the browser. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Returns rows as CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets an apostrophe. */
export function toCsv(header: readonly string[], rows: readonly (readonly string[])[]): Blob {
  const lines = [header, ...rows].map((row) => row.map(csvCell).join(','));
  return new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' });
}

function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
