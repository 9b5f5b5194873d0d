import * as z from 'zod/mini';
import type { ProductNames, VexProduct } from '../model/exception.ts';
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
  readonly product?: FullName | null | undefined;
  readonly branches?: readonly Branch[] | null | undefined;
}
const branch: z.ZodMiniType<Branch> = z.object({
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
  const names = new Map<string, FullName>();
  for (const one of [...inBranches(tree.branches ?? []), ...(tree.full_product_names ?? [])])
    names.set(one.product_id, one);
  const relations = new Map((tree.relationships ?? []).map((one) => [one.full_product_name.product_id, one]));
  const namesById = (id: string): ProductNames => toNames(names.get(id));
  return (id) => {
    const relation = relations.get(id);
    if (relation === undefined) return names.has(id) ? namesById(id) : undefined;
    const own = toNames(relation.full_product_name);
    const component = namesById(relation.product_reference);
    const part = own.purls.length > 0 ? { ...component, purls: own.purls } : component;
    // The digest of an image says all there is to say of what it lies in.
    if (part.purls.some(isDigested)) return part;
    return { ...namesById(relation.relates_to_product_reference), parts: [part] };
  };
}

function isDigested({ type, version }: ProductNames['purls'][number]): boolean {
  return type === 'oci' && version?.includes(':') === true;
}

function* inBranches(branches: readonly Branch[]): Iterable<FullName> {
  for (const { product, branches: below } of branches) {
    if (product) yield product;
    yield* inBranches(below ?? []);
  }
}

function toNames(one: FullName | undefined): ProductNames {
  const { cpe, purl, purls, hashes } = one?.product_identification_helper ?? {};
  const sums = (hashes ?? []).flatMap(({ file_hashes }) => file_hashes ?? []);
  const sha256 = sums.find(({ algorithm }) => algorithm === 'sha256')?.value;
  return {
    ...namesOf([one?.name, purl, ...(purls ?? [])], sha256),
    namespaces: cpe ? namespacesOfCpe(cpe) : [],
  };
}
