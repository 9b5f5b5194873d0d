import { CompiledQuery, type Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** What a column holds. */
export type Value = string | number | Uint8Array | null;

/** Takes rows for one table, each as its values in the order of the columns. */
export interface RowWriter {
  /** Takes a row; a promise comes back when what was taken so far has to be waited for. */
  add(row: readonly Value[]): Promise<void> | undefined;
  /** Writes what is left. */
  finish(): Promise<void>;
}

/** Rows that go to the database together: with that many to a statement, what a statement costs by itself vanishes. */
const batchRows = 100;

/** Writes many rows by statements of many rows, as every engine knows them. */
export class BulkWriter implements RowWriter {
  readonly #db: Kysely<Tables>;
  readonly #table: keyof Tables;
  readonly #columns: readonly string[];
  /** The statement that takes a whole batch. */
  readonly #batch: string;
  #values: Value[] = [];

  constructor(db: Kysely<Tables>, table: keyof Tables, columns: readonly string[]) {
    this.#db = db;
    this.#table = table;
    this.#columns = columns;
    this.#batch = this.#statement(batchRows);
  }

  add(row: readonly Value[]): Promise<void> | undefined {
    for (const value of row) this.#values.push(value);
    return this.#values.length < batchRows * this.#columns.length ? undefined : this.#write(this.#batch);
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

  #statement(rows: number): string {
    const row = Object.fromEntries(this.#columns.map((column) => [column, 0]));
    return this.#db.insertInto(this.#table).values(Array(rows).fill(row)).compile().sql;
  }
}
