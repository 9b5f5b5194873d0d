import { CompiledQuery, type Kysely } from 'kysely';
import type { RowWriter, Value } from '../bulk-writer.ts';
import type { Tables } from '../schema.ts';
import { CopyWriter, checkWholeNumber } from './postgres-copy.ts';

/** Rows as JSON; the only parameter of a statement whose text recurs. */
export class JsonRows {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Up to this many rows and bytes, one statement costs less than COPY, which needs two round trips and a stream. */
const fewRowsMax = 32;
const fewBytesMax = 8192;

/** Writes a few rows by one prepared statement, and more by COPY. */
export class PostgresRowWriter implements RowWriter {
  readonly #db: Kysely<Tables>;
  readonly #table: keyof Tables;
  readonly #columns: readonly string[];
  #few: (readonly Value[])[] = [];
  #fewBytes = 0;
  #copy: CopyWriter | undefined;

  constructor(db: Kysely<Tables>, table: keyof Tables, columns: readonly string[]) {
    this.#db = db;
    this.#table = table;
    this.#columns = columns;
  }

  add(row: readonly Value[]): Promise<void> | undefined {
    if (this.#copy !== undefined) return this.#copy.add(row);
    this.#checkRow(row);
    this.#few.push(row);
    for (const value of row) this.#fewBytes += typeof value === 'object' ? (value?.length ?? 0) : 8;
    if (this.#few.length <= fewRowsMax && this.#fewBytes <= fewBytesMax) return undefined;
    return this.#changeToCopy();
  }

  async finish(): Promise<void> {
    if (this.#copy !== undefined) await this.#copy.finish();
    else if (this.#few.length > 0) await this.#writeFew();
  }

  async #changeToCopy(): Promise<void> {
    const copy = new CopyWriter(this.#db, this.#table, this.#columns);
    this.#copy = copy;
    for (const row of this.#few) await copy.add(row);
    this.#few = [];
  }

  /** Refuses what COPY refuses. */
  #checkRow(row: readonly Value[]): void {
    if (row.length !== this.#columns.length)
      throw new Error(`row field count is ${row.length}, expected ${this.#columns.length}`);
    for (const value of row) if (typeof value === 'number') checkWholeNumber(value);
  }

  /** The server converts each value to the type of its column, so the text of the statement needs no types. */
  async #writeFew(): Promise<void> {
    const columns = this.#columns.map((column) => `"${column}"`).join(', ');
    const statement = `insert into "${this.#table}" (${columns}) select ${columns} from json_populate_recordset(null::"${this.#table}", $1)`;
    const rows = this.#few.map((row) => Object.fromEntries(this.#columns.map((c, i) => [c, jsonOf(row[i])])));
    await this.#db.executeQuery(CompiledQuery.raw(statement, [new JsonRows(JSON.stringify(rows))]));
  }
}

/** Returns a value for JSON that the server converts to the type of a column. It reads bytes from text as `\x` and hexadecimal digits. */
export function jsonOf(value: Value | undefined): string | number | null {
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  return typeof value === 'string' ? value.toWellFormed() : (value ?? null);
}
