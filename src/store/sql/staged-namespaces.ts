import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import { isComplete, type Namespaces } from './namespaces.ts';
import type { Tables } from './schema.ts';

/**
 * Numbers of the namespaces of a feed while it is staged. A new namespace has a negative number until the transaction that applies the
 * feed. To create it earlier, the session would need a second connection, or a lock that stops all writers during the download.
 */
export class StagedNamespaces {
  readonly #db: Kysely<Tables>;
  readonly #namespaces: Namespaces;
  /** Namespaces that are new, or whose version scheme is new, by name. */
  readonly #incomplete = new Map<string, { readonly namespace: Namespace; readonly number: number }>();
  #final: ReadonlyMap<number, number> = new Map();

  constructor(db: Kysely<Tables>, namespaces: Namespaces) {
    this.#db = db;
    this.#namespaces = namespaces;
  }

  /** Returns the number of a namespace that was asked for before; for loops in which awaiting `numberOf` is too slow. */
  cachedNumber(namespace: Namespace): number | undefined {
    return this.#namespaces.cachedNumber(namespace) ?? this.#stagedNumber(namespace);
  }

  async numberOf(namespace: Namespace): Promise<number> {
    const staged = this.#stagedNumber(namespace);
    if (staged !== undefined) return staged;
    const found = await this.#namespaces.find(this.#db, namespace);
    const number = found.id ?? -1 - this.#incomplete.size;
    if (!found.isComplete) this.#incomplete.set(namespace.name, { namespace, number });
    return number;
  }

  #stagedNumber(namespace: Namespace): number | undefined {
    const staged = this.#incomplete.get(namespace.name);
    if (staged === undefined) return undefined;
    // A later record may be the first that states the version scheme.
    if (!isComplete(staged.namespace, namespace))
      this.#incomplete.set(namespace.name, { namespace, number: staged.number });
    return staged.number;
  }

  /** Creates the new namespaces in a transaction; returns the final number of each negative one. */
  async create(db: Kysely<Tables>): Promise<ReadonlyMap<number, number>> {
    const final = new Map<number, number>();
    for (const { namespace, number } of this.#incomplete.values()) {
      const id = await this.#namespaces.add(db, namespace);
      if (number < 0) final.set(number, id);
    }
    this.#final = final;
    return final;
  }

  /** Returns the final number of a namespace for the number in a column. Requires `create`. */
  finalNumber(column: string): RawBuilder<number> {
    if (this.#final.size === 0) return sql.ref(column);
    const cases = [...this.#final].map(([staged, id]) => sql`when ${sql.lit(staged)} then ${sql.lit(id)}`);
    return sql`case ${sql.ref(column)} ${sql.join(cases, sql` `)} else ${sql.ref(column)} end`;
  }
}
