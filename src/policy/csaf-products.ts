import * as z from 'zod/mini';
import type { ProductNames, VexProduct } from '../model/exception.ts';
import type { PurlParts } from '../model/purl.ts';
import { namespacesOfCpe } from './cpe-namespaces.ts';
import { listOf, namesOf } from './vex-document.ts';

const fullName = z.object({
  product_id: z.string(),
  name: z.nullish(z.string()),
  product_identification_helper: z.nullish(
    z.object({
      cpe: z.nullish(z.string()),
      purl: z.nullish(z.string()),
      purls: listOf(z.string()),
      hashes: listOf(
        z.object({ file_hashes: listOf(z.object({ algorithm: z.string(), value: z.string() })) }),
      ),
    }),
  ),
});
type FullName = z.output<typeof fullName>;

interface Branch {
  readonly category?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly product?: FullName | null | undefined;
  readonly branches?: readonly Branch[] | null | undefined;
}
const branch: z.ZodMiniType<Branch> = z.object({
  category: z.nullish(z.string()),
  name: z.nullish(z.string()),
  product: z.nullish(fullName),
  branches: listOf(z.lazy(() => branch)),
});

/** The product tree of CSAF 2.0, §3.2.2. */
export const productTree = z.object({
  branches: listOf(branch),
  full_product_names: listOf(fullName),
  product_groups: listOf(z.object({ group_id: z.string(), product_ids: z.array(z.string()) })),
  relationships: listOf(
    z.object({
      full_product_name: fullName,
      product_reference: z.string(),
      relates_to_product_reference: z.string(),
    }),
  ),
});

/** What each product id of a tree stands for. */
export function productsOf(tree: z.output<typeof productTree>): (id: string) => VexProduct | undefined {
  const named = new Map<string, Named>();
  const outside = (tree.full_product_names ?? []).map((product): Named => ({ product }));
  for (const one of [...inBranches(tree.branches ?? []), ...outside]) named.set(one.product.product_id, one);
  const relations = new Map((tree.relationships ?? []).map((one) => [one.full_product_name.product_id, one]));
  const namesById = (id: string): ProductNames => toNames(named.get(id));
  return (id) => {
    const relation = relations.get(id);
    if (relation === undefined) return named.has(id) ? namesById(id) : undefined;
    const component = namesById(relation.product_reference);
    const own = toNames({ ...named.get(relation.product_reference), product: relation.full_product_name });
    const part = own.purls.length > 0 ? { ...component, purls: own.purls } : component;
    // The digest of an image says all there is to say of what it lies in.
    if (part.purls.some(isDigested)) return part;
    return { ...namesById(relation.relates_to_product_reference), parts: [part] };
  };
}

function isDigested({ type, version }: ProductNames['purls'][number]): boolean {
  return type === 'oci' && version?.includes(':') === true;
}

/** What the branches say that a product lies in. */
interface Place {
  readonly version?: string;
  readonly ranges?: readonly string[];
}

interface Named extends Place {
  readonly product: FullName;
}

function* inBranches(branches: readonly Branch[], above: Place = {}): Iterable<Named> {
  for (const branch of branches) {
    const place = { ...above, ...placeOf(branch, above) };
    if (branch.product) yield { ...place, product: branch.product };
    yield* inBranches(branch.branches ?? [], place);
  }
}

/** The names of versions and of their ranges, §3.1.2.2. What lies in both of two ranges is not compared. */
function placeOf({ category, name }: Branch, above: Place): Place {
  if (category === 'product_version' && name) return { version: name };
  if (category !== 'product_version_range') return {};
  return { ranges: above.ranges === undefined && name ? [name] : [] };
}

function toNames(one: Named | undefined): ProductNames {
  const { cpe, purl, purls, hashes } = one?.product.product_identification_helper ?? {};
  const sums = (hashes ?? []).flatMap(({ file_hashes }) => file_hashes ?? []);
  const sha256 = sums.find(({ algorithm }) => algorithm === 'sha256')?.value;
  const names = namesOf([one?.product.name, purl, ...(purls ?? [])], sha256);
  return {
    ...names,
    purls: names.purls.map((named) => withVersion(named, one?.version)),
    namespaces: cpe ? namespacesOfCpe(cpe) : [],
    ...(one?.ranges && { ranges: one.ranges }),
  };
}

/** Where a package has no version, its branch tells it, unless that has the name of the package, as Red Hat writes it for all versions. */
function withVersion(purl: PurlParts, version: string | undefined): PurlParts {
  if (version === undefined || purl.version !== undefined) return purl;
  return version.includes(purl.name) ? purl : { ...purl, version };
}
