import * as z from 'zod/mini';
import type { PurlParts } from '../model/purl.ts';
import type { ProductNames, VexProduct } from '../model/suppression.ts';
import { namespacesOfCpe } from './cpe-namespaces.ts';
import { nullishListOf, productNamesOf } from './vex-document.ts';

const fullName = z.object({
  product_id: z.string(),
  name: z.nullish(z.string()),
  product_identification_helper: z.nullish(
    z.object({
      cpe: z.nullish(z.string()),
      purl: z.nullish(z.string()),
      purls: nullishListOf(z.string()),
      hashes: nullishListOf(
        z.object({ file_hashes: nullishListOf(z.object({ algorithm: z.string(), value: z.string() })) }),
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
  branches: nullishListOf(z.lazy(() => branch)),
});

/** The product tree of CSAF 2.0, §3.2.2. */
export const csafProductTree = z.object({
  branches: nullishListOf(branch),
  full_product_names: nullishListOf(fullName),
  product_groups: nullishListOf(z.object({ group_id: z.string(), product_ids: z.array(z.string()) })),
  relationships: nullishListOf(
    z.object({
      full_product_name: fullName,
      product_reference: z.string(),
      relates_to_product_reference: z.string(),
    }),
  ),
});

/** Returns a lookup from a product id of the tree to its product. */
export function productsOf(tree: z.output<typeof csafProductTree>): (id: string) => VexProduct | undefined {
  const productsById = new Map<string, BranchProduct>();
  const unbranched = (tree.full_product_names ?? []).map((product): BranchProduct => ({ product }));
  for (const one of [...flattenBranches(tree.branches ?? []), ...unbranched])
    productsById.set(one.product.product_id, one);
  const relations = new Map((tree.relationships ?? []).map((one) => [one.full_product_name.product_id, one]));
  const namesById = (id: string): ProductNames => toProductNames(productsById.get(id));
  return (id) => {
    const relation = relations.get(id);
    if (relation === undefined) return productsById.has(id) ? namesById(id) : undefined;
    const component = namesById(relation.product_reference);
    const relationNames = toProductNames({
      ...productsById.get(relation.product_reference),
      product: relation.full_product_name,
    });
    const part = relationNames.purls.length > 0 ? { ...component, purls: relationNames.purls } : component;
    // The digest of an image identifies it completely, so that its platform adds nothing.
    if (part.purls.some(hasDigest)) return part;
    return { ...namesById(relation.relates_to_product_reference), parts: [part] };
  };
}

function hasDigest({ type, version }: ProductNames['purls'][number]): boolean {
  return type === 'oci' && version?.includes(':') === true;
}

/** Version data of a product from its ancestor branches. */
interface BranchVersions {
  readonly version?: string;
  readonly ranges?: readonly string[];
}

interface BranchProduct extends BranchVersions {
  readonly product: FullName;
}

function* flattenBranches(
  branches: readonly Branch[],
  inherited: BranchVersions = {},
): Iterable<BranchProduct> {
  for (const branch of branches) {
    const place = { ...inherited, ...branchVersionsOf(branch, inherited) };
    if (branch.product) yield { ...place, product: branch.product };
    yield* flattenBranches(branch.branches ?? [], place);
  }
}

/** Returns the version or the version range of a branch, §3.1.2.2. A range within a range gives an empty list: nothing matches it. */
function branchVersionsOf({ category, name }: Branch, inherited: BranchVersions): BranchVersions {
  if (category === 'product_version' && name) return { version: name };
  if (category !== 'product_version_range') return {};
  return { ranges: inherited.ranges === undefined && name ? [name] : [] };
}

function toProductNames(one: BranchProduct | undefined): ProductNames {
  const { cpe, purl, purls, hashes } = one?.product.product_identification_helper ?? {};
  const sums = (hashes ?? []).flatMap(({ file_hashes }) => file_hashes ?? []);
  const sha256 = sums.find(({ algorithm }) => algorithm === 'sha256')?.value;
  const names = productNamesOf([one?.product.name, purl, ...(purls ?? [])], sha256);
  return {
    ...names,
    purls: names.purls.map((named) => withVersion(named, one?.version)),
    namespaces: cpe ? namespacesOfCpe(cpe) : [],
    ...(one?.ranges && { ranges: one.ranges }),
  };
}

/**
 * Adds the version of the branch to a package URL without one. Red Hat writes a branch with the name of the package for all versions;
 * such a name is not a version.
 */
function withVersion(purl: PurlParts, version: string | undefined): PurlParts {
  if (version === undefined || purl.version !== undefined) return purl;
  return version.includes(purl.name) ? purl : { ...purl, version };
}
