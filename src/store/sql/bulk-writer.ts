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

/** Writes many rows by statements of many rows, as every engine knows them; passes over those whose `unique` column is known. */
export class BulkWriter implements RowWriter {
  readonly #db: Kysely<Tables>;
  readonly #table: keyof Tables;
  readonly #columns: readonly string[];
  readonly #unique: 'identity' | undefined;
  /** The statement that takes a whole batch, once it is needed. */
  #batch: string | undefined;
  #values: Value[] = [];

  constructor(db: Kysely<Tables>, table: keyof Tables, columns: readonly string[], unique?: 'identity') {
    this.#db = db;
    this.#table = table;
    this.#columns = columns;
    this.#unique = unique;
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

  #statement(rows: number): string {
    const row = Object.fromEntries(this.#columns.map((column) => [column, 0]));
    const insertion = this.#db.insertInto(this.#table).values(Array(rows).fill(row));
    const unique = this.#unique;
    if (unique === undefined) return insertion.compile().sql;
    return insertion.onConflict((conflict) => conflict.column(unique).doNothing()).compile().sql;
  }
}
