import * as z from 'zod/mini';
import { isCve } from '../../model/cve.ts';
import type { FeedRecord, FixState } from '../../plugin/index.ts';
import { relationships, scores, vectorsOfScores } from '../csaf/schemas.ts';
import { mergedRows, type Part } from '../rows.ts';
import { parseIssued, parseModified, vendorSeverity } from '../vendor-values.ts';
import { partsOn } from './product.ts';

interface Branch {
  readonly category?: string | undefined;
  readonly name?: string | undefined;
  readonly product?: { readonly product_id: string } | undefined;
  readonly branches?: readonly Branch[] | undefined;
}

const branch: z.ZodMiniType<Branch> = z.object({
  category: z.optional(z.string()),
  name: z.optional(z.string()),
  product: z.optional(z.object({ product_id: z.string() })),
  branches: z.optional(z.array(z.lazy(() => branch))),
});

const notes = z.optional(z.array(z.object({ category: z.string(), text: z.optional(z.string()) })));

const statement = z.object({
  cve: z.optional(z.string()),
  notes,
  product_status: z.optional(z.partialRecord(z.string(), z.array(z.string()))),
  remediations: z.optional(
    z.array(z.object({ category: z.string(), product_ids: z.optional(z.array(z.string())) })),
  ),
  scores,
});

/** A CSAF 2.0 document of SUSE on an advisory or, as VEX, on a CVE. */
export const csafDocument = z.object({
  document: z.object({
    aggregate_severity: z.optional(z.object({ text: z.optional(z.string()) })),
    notes,
    title: z.optional(z.string()),
    references: z.optional(z.array(z.object({ category: z.optional(z.string()), url: z.string() }))),
    tracking: z.object({
      id: z.string(),
      current_release_date: z.optional(z.string()),
      initial_release_date: z.optional(z.string()),
    }),
  }),
  product_tree: z.optional(
    z.object({
      branches: z.optional(z.array(branch)),
      relationships,
    }),
  ),
  vulnerabilities: z.optional(z.array(statement)),
});

type CsafDocument = z.output<typeof csafDocument>;
type Statement = z.output<typeof statement>;

/**
 * States by product status. SUSE uses `recommended` for fixed. Other statuses, such as `last_affected`, give no rows.
 */
const states: ReadonlyMap<string, FixState> = new Map<string, FixState>([
  ['recommended', 'fixed'],
  ['fixed', 'fixed'],
  ['first_fixed', 'fixed'],
  ['known_affected', 'unfixed'],
  ['under_investigation', 'under-investigation'],
  ['known_not_affected', 'not-affected'],
]);

/**
 * Yields the record of the packages of known releases, and a skipped record for each product that is not understood.
 */
export function* readCsafDocument({
  document,
  product_tree: tree = {},
  vulnerabilities = [],
}: CsafDocument): Generator<FeedRecord> {
  const { id } = document.tracking;
  const components = componentsOf(tree);
  const parts = new Map<string, readonly Part[]>();
  const unclear = new Map<string, string>();
  for (const statement of vulnerabilities) {
    for (const [product, state] of productStates(statement)) {
      const component = components.get(product);
      const found =
        component === undefined ? `not a package of a product: ${product}` : partsOf(component, state);
      if (typeof found === 'string') unclear.set(product, found);
      else parts.set(`${state} ${product}`, found);
    }
  }
  for (const [product, reason] of unclear) yield { kind: 'skipped', key: `${id} ${product}`, reason };
  const affected = mergedRows([...parts.values()].flat());
  if (affected.length === 0) return;
  const cves = [...new Set(vulnerabilities.flatMap(({ cve }) => cve ?? []))];
  yield {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: cves.filter((cve) => cve !== id),
    ...describe(document, vulnerabilities),
    ...parseModified(document.tracking.current_release_date),
    // A document about a CVE was published before its fixes.
    ...(!isCve(id) && parseIssued(document.tracking.initial_release_date)),
    affected,
  };
}

function describe(
  { notes: own = [], references = [], title, aggregate_severity }: CsafDocument['document'],
  statements: readonly Statement[],
) {
  const description = [...own, ...statements.flatMap((one) => one.notes ?? [])].find(
    ({ category }) => category === 'description' || category === 'general',
  )?.text;
  const links = references.flatMap(({ category, url }) =>
    category === 'self' && !url.endsWith('.json') ? [url] : [],
  );
  const [only, ...others] = statements;
  return {
    ...(description !== undefined && { description: description.trim() }),
    ...(title && { title }),
    links: [...new Set(links)],
    severity: vendorSeverity(aggregate_severity?.text),
    // With several CVEs it is unclear which one a vector rates.
    cvss: only === undefined || others.length > 0 ? [] : vectorsOfScores(only.scores, 'SUSE'),
  };
}

/** Yields every product of a status list, with its state. */
function* productStates({
  product_status = {},
  remediations = [],
}: Statement): Generator<[product: string, state: FixState]> {
  const refused = new Set(
    remediations.flatMap(({ category, product_ids = [] }) =>
      category === 'no_fix_planned' ? product_ids : [],
    ),
  );
  for (const [status, products = []] of Object.entries(product_status)) {
    const state = states.get(status);
    if (state === undefined) continue;
    for (const product of products) {
      yield [product, state === 'unfixed' && refused.has(product) ? 'will-not-fix' : state];
    }
  }
}

/** A package in a product: `libzzip-0-13-0.13.72-150600.4.3.1.aarch64`, or `zziplib` if it has no fix. */
interface Component {
  readonly id: string;
  readonly arch: string | undefined;
  readonly product: string;
}

function componentsOf({
  branches = [],
  relationships = [],
}: NonNullable<CsafDocument['product_tree']>): Map<string, Component> {
  const architectures = new Map<string, string>();
  collect(branches, undefined, architectures);
  return new Map(
    relationships.map(
      ({ full_product_name, product_reference: id, relates_to_product_reference: product }) => [
        full_product_name.product_id,
        { id, arch: architectures.get(id), product },
      ],
    ),
  );
}

/** Collects the architecture that each product is nested in. */
function collect(branches: readonly Branch[], arch: string | undefined, into: Map<string, string>): void {
  for (const { category, name, product, branches: inner = [] } of branches) {
    const here = category === 'architecture' ? name : arch;
    if (product !== undefined && here !== undefined) into.set(product.product_id, here);
    collect(inner, here, into);
  }
}

/** Returns the rows of a package in each release of its product, or the reason why it has no rows. */
function partsOf({ id, arch, product }: Component, state: FixState): readonly Part[] | string {
  const bare = arch !== undefined && id.endsWith(`.${arch}`) ? id.slice(0, -arch.length - 1) : id;
  const [, name = bare, evr] = /^(.+)-([^-]+-[^-]+)$/.exec(bare) ?? [];
  if (state === 'fixed' && evr === undefined) return `a fix without a version: ${id}`;
  if (arch === 'src') return [];
  const versions =
    state === 'fixed' && evr !== undefined ? { to: evr } : { state: state as Exclude<FixState, 'fixed'> };
  // Without a fix, the id is the package name alone: in `php-7-1`, the apparent version belongs to the name.
  const packageName = state === 'fixed' ? name : bare;
  return partsOn(product).map((place) => ({
    ...place,
    package: packageName,
    ...(arch !== undefined && { arch: [arch] }),
    ...versions,
  }));
}
