import { assessedProducts, namespaceOfProduct } from '../../model/namespace.ts';
import type { StatementIssuer } from '../../model/product-statement.ts';
import type { AdvisorySource, MadeOfFeed, VersionScheme } from '../../plugin/index.ts';

/** The parts of a source of products. */
export interface ProductSource {
  readonly name: string;
  /** Whose statements give its advisories. */
  readonly by: readonly StatementIssuer[];
  /** The lists with the statements, those that take precedence first. */
  readonly madeOf: readonly MadeOfFeed[];
  /** The products that it covers, by their names in package URLs; all by default. */
  readonly products?: readonly Product[];
  /** Orders the versions of products. */
  readonly scheme: VersionScheme;
}

type Product = (typeof assessedProducts)[number];

const feed = 'all';

/**
 * Returns a source for products that no package manager installs. It fetches nothing: its advisories are made of what lists of CVEs state
 * about versions, and these are in the store.
 */
export function productSource({
  name,
  by,
  madeOf,
  products = assessedProducts,
  scheme,
}: ProductSource): AdvisorySource {
  const namespaces: ReadonlySet<string | undefined> = new Set(
    products.map((product) => namespaceOfProduct(product)?.name),
  );
  return {
    name,
    version: 1,
    feeds: [feed],
    madeOf,
    feedsFor: (namespace) => (namespaces.has(namespace) ? [feed] : []),
    fetch: async () => 'absent',
    async *parse(named, content, onDate) {
      const { readStatements } = await import('./read-statements.ts');
      yield* readStatements({ source: name, feed: named, scheme, by }, content, onDate);
    },
  };
}
