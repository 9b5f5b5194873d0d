import { CompiledQuery, type Kysely } from 'kysely';
import { listRows, rowParameters } from './row-parameters.ts';
import type { Tables } from './schema.ts';

/** A value of a column. */
export type Value = string | number | Uint8Array | null;

/** Writes rows into one table; each row lists its values in the order of the columns. */
export interface RowWriter {
  /** Adds a row. Returns a promise if the caller must wait before it adds the next one. */
  add(row: readonly Value[]): Promise<void> | undefined;
  /** Writes the remaining rows. */
  finish(): Promise<void>;
}

/** Number of rows per statement. With this many, the fixed cost of a statement is negligible. */
const batchRows = 100;

/** Skips rows whose column `identity` already exists. */
export const skipKnownIdentities = 'on conflict ("identity") do nothing';

/** Writes many rows by multi-row statements on any engine. A clause can say what to do with rows that already exist. */
export class BulkWriter implements RowWriter {
  readonly #db: Kysely<Tables>;
  readonly #table: keyof Tables;
  readonly #columns: readonly string[];
  readonly #onConflict: string;
  /** The statement for a full batch, compiled on first use. */
  #batch: string | undefined;
  #values: Value[] = [];

  constructor(db: Kysely<Tables>, table: keyof Tables, columns: readonly string[], onConflict: string = '') {
    this.#db = db;
    this.#table = table;
    this.#columns = columns;
    this.#onConflict = onConflict;
  }

  add(row: readonly Value[]): Promise<void> | undefined {
    for (const value of row) this.#values.push(value);
    if (this.#values.length < batchRows * this.#columns.length) return undefined;
    this.#batch ??= this.#statement(batchRows);
    return this.#write(this.#batch);
  }

  async finish(): Promise<void> {
    if (this.#values.length > 0)
      await this.#write(this.#statement(this.#values.length / this.#columns.length));
  }

  async #write(statement: string): Promise<void> {
    const values = this.#values;
    this.#values = [];
    await this.#db.executeQuery(CompiledQuery.raw(statement, values));
  }

  /** Compiles the statement for one row, and repeats that row. */
  #statement(rows: number): string {
    const row = Object.fromEntries(this.#columns.map((column) => [column, 0]));
    const { sql } = this.#db.insertInto(this.#table).values(row).compile();
    const [first = ''] = /\((?:\?|\$1)(?:, (?:\?|\$\d+))*\)/.exec(sql) ?? [];
    const all = listRows(rowParameters(this.#db, rows, this.#columns.length));
    return `${sql.replace(first, () => all)} ${this.#onConflict}`;
  }
}
