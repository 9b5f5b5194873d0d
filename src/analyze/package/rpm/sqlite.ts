import { openPages } from './sqlite-pages.ts';
import { type SqliteValue, valuesOf } from './sqlite-record.ts';
import { RowReader, type StoredRow } from './sqlite-rows.ts';

const schemaRoot = 1;
/** Real schemas have dozens of entries. */
const schemaEntriesMax = 10_000;
const statementCharactersMax = 16_384;

interface Table {
  readonly root: number;
  /** The CREATE TABLE that made it. */
  readonly statement: string;
}

interface Column {
  readonly name: string;
  /** Its place in the row, from 0. */
  readonly place: number;
  /** Whether it stands for the key of the row, where SQLite keeps its value. */
  readonly isKey: boolean;
}

/**
 * A SQLite database with the write-ahead log beside it applied, for reading whole tables. A reader of pages is enough: the engine
 * wants a file on a disk, and a directory to write to where there is a log.
 */
export class SqliteDatabase {
  readonly #reader: RowReader;
  readonly #tables: ReadonlyMap<string, Table>;
  /** What is wrong with the file as a whole and with its schema. */
  readonly problems: readonly string[];

  private constructor(reader: RowReader, tables: ReadonlyMap<string, Table>, problems: readonly string[]) {
    this.#reader = reader;
    this.#tables = tables;
    this.problems = problems;
  }

  /** Returns what is wrong when the file cannot be opened. */
  static open(bytes: Uint8Array, log: Uint8Array | undefined): SqliteDatabase | string {
    const pages = openPages(bytes, log);
    if (typeof pages === 'string') return pages;
    const isCut = pages.page(pages.count) === undefined;
    const problems = isCut ? [`is cut off: not all of its ${pages.count} pages are there`] : [];
    const reader = new RowReader(pages);
    const tables = new Map<string, Table>();
    let entries = 0;
    for (const row of reader.rows(schemaRoot)) {
      if (++entries > schemaEntriesMax) {
        problems.push(`has a schema of more than ${schemaEntriesMax} entries; the rest was not read`);
        break;
      }
      if (typeof row === 'string') problems.push(row);
      else defineTable(tables, row);
    }
    return new SqliteDatabase(reader, tables, problems);
  }

  has(table: string): boolean {
    return this.#tables.has(table);
  }

  /**
   * The rows of a table as the values of some of its columns, in the order of the names, or in words what is wrong in one place.
   * Undefined where there is no such table, or not all of these columns. A table can be read once.
   */
  rows(table: string, names: readonly string[]): Iterable<readonly SqliteValue[] | string> | undefined {
    const { root, statement = '' } = this.#tables.get(table) ?? {};
    const columns = columnsOf(statement);
    const wanted = names.flatMap((name) => columns.find((column) => column.name === name) ?? []);
    return root === undefined || wanted.length < names.length ? undefined : this.#values(root, wanted);
  }

  *#values(root: number, columns: readonly Column[]): Generator<readonly SqliteValue[] | string> {
    const count = Math.max(...columns.map(({ place }) => place)) + 1;
    for (const row of this.#reader.rows(root)) {
      if (typeof row === 'string') yield row;
      else {
        const values = valuesOf(row.record, count);
        yield columns.map(({ place, isKey }) => (isKey ? row.key : (values[place] ?? null)));
      }
    }
  }
}

/** Takes over an entry of the schema, if it is a table: type, name, name of the table, root page, statement. */
function defineTable(tables: Map<string, Table>, { record }: StoredRow): void {
  const [type, name, , root, statement] = valuesOf(record, 5);
  if (type !== 'table' || typeof name !== 'string' || typeof root !== 'number' || tables.has(name)) return;
  if (typeof statement !== 'string' || statement.length > statementCharactersMax) return;
  tables.set(name, { root, statement });
}

/** The columns of a CREATE TABLE statement. Constraints of the whole table, which follow them, are taken for columns and do no harm. */
function columnsOf(statement: string): Column[] {
  const text = statement.replace(/\/\*.*?\*\/|--[^\n]*/gs, ' ');
  const definitions: string[] = [];
  let definition = '';
  let depth = 0;
  for (const character of `${text.slice(text.indexOf('(') + 1)},`) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth <= 0) {
      definitions.push(definition);
      definition = '';
    } else definition += character;
  }
  return definitions.map((text, place) => ({
    place,
    name: /\w+/.exec(text)?.[0] ?? '',
    isKey: /\bINTEGER\s+PRIMARY\s+KEY\b/i.test(text),
  }));
}
