import * as z from 'zod/mini';
import { isJsonObject, isListOrAbsent, isText, isTextOrAbsent } from '../../kit/json/shape-checks.ts';
import { percentDecode } from '../../kit/untrusted-text.ts';
import { relationships } from '../csaf/schemas.ts';

/** A leaf of the tree: a product stream with its CPE, or a package with its purl. */
const product = z.object({
  product_id: z.string(),
  product_identification_helper: z.optional(
    z.object({ cpe: z.optional(z.string()), purl: z.optional(z.string()) }),
  ),
});

interface Branch {
  readonly product?: z.output<typeof product> | undefined;
  readonly branches?: readonly Branch[] | undefined;
}

const branch: z.ZodMiniType<Branch> = z.object({
  product: z.optional(product),
  branches: z.optional(z.array(z.lazy(() => branch))),
});

/** The `product_tree` of a CSAF document. */
export const productTree = z.object({
  branches: z.optional(z.array(branch)),
  relationships,
});

/** A parsed product tree. */
export type ProductTree = z.output<typeof productTree>;

/** Checks a tree by hand, for speed. */
export function isProductTree(value: unknown): value is ProductTree {
  return (
    isJsonObject(value) &&
    isListOrAbsent(value['branches'], isBranch) &&
    isListOrAbsent(value['relationships'], isRelationship)
  );
}

function isBranch(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    (value['product'] === undefined || isProduct(value['product'])) &&
    isListOrAbsent(value['branches'], isBranch)
  );
}

function isProduct(value: unknown): boolean {
  if (!isJsonObject(value) || !isText(value['product_id'])) return false;
  const helper = value['product_identification_helper'];
  return (
    helper === undefined ||
    (isJsonObject(helper) && isTextOrAbsent(helper['cpe']) && isTextOrAbsent(helper['purl']))
  );
}

function isRelationship(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    isJsonObject(value['full_product_name']) &&
    isText(value['full_product_name']['product_id']) &&
    isText(value['product_reference']) &&
    isText(value['relates_to_product_reference'])
  );
}

/** A package in a product stream. */
export interface Component {
  readonly name: string;
  /** Example: `0:1.2-3.el9`. Absent if all versions are meant. */
  readonly evr?: string;
  readonly arch?: string;
  /** Example: `nodejs:18`. */
  readonly module?: string;
  readonly cpe: string;
}

/** The components of a tree by their product ids. */
export interface Products {
  /**
   * Returns undefined if the product is not an rpm package in a product stream, such as a container image or a Java
   * archive.
   */
  componentOf(productId: string): Component | { readonly unclear: string } | undefined;
}

/** Packages in modules in streams; real trees are never deeper. */
const nestingMax = 5;

/**
 * Returns a lookup of product ids by their relationships: a package and its container. Never splits ids, since versions
 * and modules contain colons.
 */
export function readProducts(tree: ProductTree): Products {
  const leaves = new Map<string, z.output<typeof product>>();
  collect(tree.branches ?? [], leaves);
  const relations = new Map(
    tree.relationships?.map((relation) => [relation.full_product_name.product_id, relation]),
  );

  /** Returns the ids from the package to the stream that contains it. */
  function chainOf(id: string, depth = 0): string[] {
    const relation = relations.get(id);
    if (relation === undefined || depth === nestingMax) return [id];
    const { product_reference: inner, relates_to_product_reference: outer } = relation;
    // Most relations are of a package and its stream.
    if (!relations.has(inner) && !relations.has(outer)) return [inner, outer];
    return [...chainOf(inner, depth + 1), ...chainOf(outer, depth + 1)];
  }

  // A package is in many product streams.
  const packages = new Map<string, ReturnType<typeof byPurl>>();

  function packageOf(purl: string): ReturnType<typeof byPurl> {
    if (!packages.has(purl)) packages.set(purl, byPurl(purl));
    return packages.get(purl);
  }

  return {
    componentOf(productId) {
      const chain = chainOf(productId);
      const [inner = productId] = chain;
      const leaf = leaves.get(inner);
      const cpe = leaves.get(chain.at(-1) ?? '')?.product_identification_helper?.cpe;
      if (chain.length < 2 || cpe === undefined || leaf === undefined) return undefined;
      const purl = leaf.product_identification_helper?.purl;
      const found = purl === undefined ? byName(inner, cpe) : packageOf(purl);
      if (found === undefined || 'unclear' in found) return found;
      return { ...moduleBetween(chain), ...found, cpe };
    },
  };
}

/** Returns the module between package and stream, if there is one. */
function moduleBetween(chain: readonly string[]): { module?: string } {
  if (chain.length === 2) return {};
  const module = chain
    .slice(1, -1)
    .map(streamOf)
    .find((stream) => stream !== undefined);
  return module === undefined ? {} : { module };
}

function collect(branches: readonly Branch[], leaves: Map<string, z.output<typeof product>>): void {
  for (const { product: leaf, branches: inner = [] } of branches) {
    if (leaf !== undefined) leaves.set(leaf.product_id, leaf);
    collect(inner, leaves);
  }
}

type NamedComponent = Omit<Component, 'cpe'>;

/** Parses `pkg:rpm/redhat/bash@5.1.8-6.el9?arch=x86_64&epoch=1&rpmmod=…` (purl-spec). */
function byPurl(purl: string): NamedComponent | { readonly unclear: string } | undefined {
  const [, ...parts]: (string | undefined)[] =
    /^pkg:rpm\/redhat\/([^@?#]+)(?:@([^?#]+))?(?:\?([^#]*))?/.exec(purl) ?? [];
  if (parts.length === 0) return undefined;
  const [name, version] = parts.slice(0, 2).map((part = '') => percentDecode(part));
  if (name === undefined || version === undefined) return { unclear: `not a valid package URL: ${purl}` };
  const qualifiers = new URLSearchParams(parts[2]?.replaceAll('+', '%2B'));
  const arch = qualifiers.get('arch');
  const rpmmod = qualifiers.get('rpmmod');
  const module = rpmmod === null ? undefined : streamOf(rpmmod);
  if (rpmmod !== null && module === undefined) return { unclear: `the module ${rpmmod} has no stream` };
  return {
    name,
    ...evrOf(version, qualifiers.get('epoch')),
    ...(arch !== null && { arch }),
    ...(module !== undefined && { module }),
  };
}

function evrOf(version: string, epoch: string | null): { evr?: string } {
  return version === '' ? {} : { evr: `${epoch ?? '0'}:${version}` };
}

/**
 * Parses a plain name. Older documents name source packages of the operating system so: `kernel`, `nodejs:18/nodejs`.
 */
function byName(id: string, cpe: string): NamedComponent | undefined {
  const [, module, name] = /^(?:([^:/\s]+:[^:/\s]+)\/)?([A-Za-z0-9][\w.+-]*)$/.exec(id) ?? [];
  if (name === undefined || !/^cpe:\/[ao]:redhat:(enterprise_linux|rhel_)/.test(cpe)) return undefined;
  return { name, arch: 'src', ...(module !== undefined && { module }) };
}

/** Returns name and stream of a module without its build: `python39:3.9:8080020240911100614:93c2fc2f`. */
function streamOf(module: string): string | undefined {
  return /^[^:/\s]+:[^:/\s]+/.exec(module)?.[0];
}
