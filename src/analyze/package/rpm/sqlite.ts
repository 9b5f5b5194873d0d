import { bufferView } from '../../../kit/bytes/bytes.ts';
import { openPages } from './sqlite-pages.ts';
import { type SqliteValue, valuesOf } from './sqlite-record.ts';
import { RowReader, type StoredRow } from './sqlite-rows.ts';

const schemaRoot = 1;
/** Real schemas have dozens of entries. */
const schemaEntriesMax = 10_000;
const statementCharactersMax = 16_384;

interface Table {
  readonly root: number;
  /** Its CREATE TABLE statement. */
  readonly statement: string;
}

/** A schema entry: a table, an index, a view or a trigger. */
export interface SchemaEntry {
  readonly type: string;
  readonly name: string;
  /** The table that it is, or belongs to. */
  readonly table: string;
  readonly root: SqliteValue;
  readonly statement: string;
}

interface Column {
  readonly name: string;
  /** Its index in the row, from 0. */
  readonly place: number;
  /** Whether it is the key of the row, which stores its value. */
  readonly isKey: boolean;
}

/**
 * A SQLite database with its write-ahead log applied, for reading whole tables. The SQLite engine cannot be used: it
 * needs a file on disk and, for a log, a writable directory.
 */
export class SqliteDatabase {
  readonly #reader: RowReader;
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #entries: readonly SchemaEntry[];
  /** Problems with the file as a whole and with its schema. */
  readonly problems: readonly string[];

  private constructor(reader: RowReader, entries: readonly SchemaEntry[], problems: readonly string[]) {
    this.#reader = reader;
    this.#entries = entries;
    this.#tables = tablesIn(entries);
    this.problems = problems;
  }

  /** Returns the problem if the file cannot be opened. */
  static open(bytes: Uint8Array, log: Uint8Array | undefined): SqliteDatabase | string {
    const pages = openPages(bytes, log);
    if (typeof pages === 'string') return pages;
    const isCut = pages.page(pages.count) === undefined;
    const problems = isCut ? [`is cut off: not all of its ${pages.count} pages are there`] : [];
    const reader = new RowReader(pages);
    const entries: SchemaEntry[] = [];
    let count = 0;
    for (const row of reader.rows(schemaRoot)) {
      if (++count > schemaEntriesMax) {
        problems.push(`has a schema of more than ${schemaEntriesMax} entries; the rest was not read`);
        break;
      }
      if (typeof row === 'string') problems.push(row);
      else entries.push(entryOf(row));
    }
    return new SqliteDatabase(reader, entries, problems);
  }

  /**
   * Returns the schema entries that contain a word, anywhere and in any case. SQLite takes the name of a table from its
   * statement, not from the column beside it.
   */
  entriesNaming(word: string): SchemaEntry[] {
    const pattern = new RegExp(`\\b${word}\\b`, 'i');
    return this.#entries.filter((entry) =>
      [entry.name, entry.table, entry.statement].some((text) => pattern.test(text)),
    );
  }

  has(table: string): boolean {
    return this.#tables.has(table);
  }

  /**
   * Yields the rows of a table as the values of these columns, in the order of the names, or the problem at one place.
   * Returns undefined without such a table or such columns. A table can be read only once.
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

/** Parses a schema entry: type, name, name of the table, root page, statement. SQLite reads blobs there as texts. */
function entryOf({ record }: StoredRow): SchemaEntry {
  const [type, name, table, root = null, statement] = valuesOf(record, 5);
  return {
    type: textOf(type),
    name: textOf(name),
    table: textOf(table),
    root,
    statement: textOf(statement),
  };
}

function textOf(value: SqliteValue | undefined): string {
  if (value instanceof Uint8Array) return bufferView(value).toString('utf8');
  return typeof value === 'string' ? value : '';
}

function tablesIn(entries: readonly SchemaEntry[]): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>();
  for (const { type, name, root, statement } of entries) {
    if (type !== 'table' || typeof root !== 'number' || tables.has(name)) continue;
    if (statement.length <= statementCharactersMax) tables.set(name, { root, statement });
  }
  return tables;
}

/** Matches a name at the start of a definition: plain, or quoted in one of the four ways. */
const columnName = /^\s*(?:"([^"]*)"(?!")|'([^']*)'(?!')|`([^`]*)`(?!`)|\[([^\]]*)\]|(\w+))(?=[\s)]|$)/;

/**
 * Returns the columns of a CREATE TABLE statement. Table constraints after them are harmlessly read as columns. Returns
 * none for a statement with generated columns, which may not be stored in a row.
 */
function columnsOf(statement: string): Column[] {
  const text = statement.replace(/\/\*.*?(?:\*\/|$)|--[^\n]*/gs, ' ');
  if (/\bAS\s*\(/i.test(text)) return [];
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
    name: columnName.exec(text)?.slice(1).join('') ?? '',
    isKey: /\bINTEGER\s+PRIMARY\s+KEY\b/i.test(text),
  }));
}
