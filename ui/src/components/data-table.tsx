import type { ComponentChildren, JSX } from 'preact';
import { texts } from '../texts.ts';

/** A column of a table. */
export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** Explanation of the column. */
  readonly hint?: string;
  readonly isNumber?: boolean;
  /** The column names the row; its first link opens the row. */
  readonly isName?: boolean;
  /** Link that sorts by this column. */
  readonly sortHref?: string;
  readonly cell: (row: T) => ComponentChildren;
}

interface DataTableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** Key of the column by which the rows are sorted. */
  readonly sortedBy?: string;
}

/** A table, which is a list of cards on a narrow screen. The roles keep it a table for screen readers there. */
export function DataTable<T>({ caption, columns, rows, keyOf, sortedBy }: DataTableProps<T>): JSX.Element {
  return (
    <table role="table" class="data">
      <caption class="sr-only">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <HeaderCell key={column.key} column={column} isSorted={sortedBy === column.key} />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map((column) => (
              <td key={column.key} role="cell" class={classOf(column)} data-label={column.title}>
                <div class="cell">{column.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function HeaderCell<T>({
  column,
  isSorted,
}: {
  readonly column: Column<T>;
  readonly isSorted: boolean;
}): JSX.Element {
  const { title, hint, sortHref } = column;
  const hinted = hint === undefined ? {} : { title: hint };
  return (
    <th
      scope="col"
      role="columnheader"
      class={classOf(column)}
      {...hinted}
      {...(isSorted && { 'aria-sort': 'descending' as const })}
    >
      {sortHref === undefined ? (
        title
      ) : (
        <a href={sortHref} title={texts.table.sortBy(title)}>
          {title}
          {isSorted && <span aria-hidden="true"> ↓</span>}
        </a>
      )}
    </th>
  );
}

function classOf<T>({ key, isNumber, isName }: Column<T>): string {
  return [`column-${key}`, isNumber === true ? 'number' : '', isName === true ? 'name' : '']
    .filter((name) => name !== '')
    .join(' ');
}
