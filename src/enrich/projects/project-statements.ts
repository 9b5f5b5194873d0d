import type { ProductStatement, StatedVersions } from '../../model/product-statement.ts';
import type { RatingRecord } from '../../plugin/index.ts';

/** The statements of a project about its product, by CVE. Several entries of its list may be about one CVE. */
export class ProjectStatements {
  readonly #product: string;
  readonly #byCve = new Map<string, ProductStatement[]>();

  /** `product` is the name in package URLs: `curl` of `pkg:generic/curl`. */
  constructor(product: string) {
    this.#product = product;
  }

  /** Adds a statement. Without versions, it says that the affected ones are not known. */
  add(id: string, versions: readonly StatedVersions[]): void {
    const statement: ProductStatement = { product: this.#product, by: 'project', versions };
    const statements = this.#byCve.get(id);
    if (statements === undefined) this.#byCve.set(id, [statement]);
    else statements.push(statement);
  }

  /** Yields one record per CVE. */
  *records(): Generator<RatingRecord> {
    for (const [id, products] of this.#byCve) yield { kind: 'enrichment', id, products };
  }
}
