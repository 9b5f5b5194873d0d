import { bufferView } from '../../../kit/bytes/buffer-view.ts';
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

/** An entry of the schema: a table, an index, a view or a trigger. */
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
  readonly #entries: readonly SchemaEntry[];
  /** What is wrong with the file as a whole and with its schema. */
  readonly problems: readonly string[];

  private constructor(reader: RowReader, entries: readonly SchemaEntry[], problems: readonly string[]) {
    this.#reader = reader;
    this.#entries = entries;
    this.#tables = tablesIn(entries);
    this.problems = problems;
  }

  /** Returns what is wrong when the file cannot be opened. */
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
   * The entries of the schema in which a word stands, wherever and in whatever case. SQLite takes the name of a table from
   * its statement, and not from the column beside it.
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

/** An entry of the schema: type, name, name of the table, root page, statement. SQLite reads blobs there as texts. */
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

/** A name at the start of a definition: plain, or quoted in one of the four ways. */
const columnName = /^\s*(?:"([^"]*)"(?!")|'([^']*)'(?!')|`([^`]*)`(?!`)|\[([^\]]*)\]|(\w+))(?=[\s)]|$)/;

/**
 * The columns of a CREATE TABLE statement. Constraints of the whole table, which follow them, are taken for columns and do no harm.
 * A statement with generated columns, which may have no place in a row, has none that are known.
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
