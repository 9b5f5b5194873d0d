import type {
  Affected,
  Conditions,
  Fix,
  FixState,
  Flavour,
  Namespace,
  Severity,
  VersionRange,
} from '../plugin/index.ts';

/** What a vendor says in one place, as far as a row of an advisory can say it: of one package, or with others that are put together. */
export interface Part {
  readonly namespace?: string;
  readonly package?: string;
  /** Versions of the package. */
  readonly from?: string;
  readonly fromExcluded?: true;
  readonly to?: string;
  readonly toIncluded?: true;
  /** What the vendor says of these versions; absent where `to` is the version that fixes them. */
  readonly state?: Exclude<FixState, 'fixed'>;
  /** How bad it is for this package, where that differs. */
  readonly severity?: Severity;
  readonly arch?: readonly string[];
  readonly module?: string;
  readonly flavour?: Flavour;
  readonly product?: string;
  /** Why it cannot be said in a row. */
  readonly unclear?: string;
}

/** Rows of an advisory, or why they cannot be given. */
export type Rows = { readonly affected: readonly Affected[] } | { readonly skipped: string };

/** How the versions of rows order. */
export type RowScheme = 'rpm' | 'dpkg';

/**
 * The rows that say the same as these alternatives. `{skipped}` when one of them is not about one package of one namespace.
 */
export function rowsOf(alternatives: readonly Part[], scheme: RowScheme = 'rpm'): Rows {
  for (const part of alternatives) {
    if (part.unclear !== undefined) return { skipped: `criteria that no row can say: ${part.unclear}` };
    if (part.package === undefined) return { skipped: 'criteria that are met without any package' };
    if (part.namespace === undefined) return { skipped: `criteria for ${part.package} on no known release` };
  }
  return { affected: mergedRows(alternatives, scheme) };
}

/** The fewest rows that say the same: those that differ in architecture or product alone become one. */
export function mergedRows(parts: readonly Part[], scheme: RowScheme = 'rpm'): Affected[] {
  return mergedBy('arch', mergedBy('product', parts.map(withLists))).map((draft) => rowOf(draft, scheme));
}

/** A part of which architectures and products are lists, absent for any. */
type Draft = Omit<Part, 'product'> & { readonly product?: readonly string[] };

function withLists({ product, ...part }: Part): Draft {
  return { ...part, ...(product !== undefined && { product: [product] }) };
}

/** Rows that differ in nothing but this condition become one: with all they name, or without it where one asks for none. */
function mergedBy(condition: 'arch' | 'product', drafts: readonly Draft[]): Draft[] {
  const groups = new Map<string, Draft & { lists: Set<string> | undefined }>();
  for (const draft of drafts) {
    const { [condition]: list, ...rest } = draft;
    const key = keyOf(rest);
    const existing = groups.get(key);
    if (existing === undefined) groups.set(key, { ...rest, lists: list && new Set(list) });
    else if (list === undefined) existing.lists = undefined;
    else for (const name of list) existing.lists?.add(name);
  }
  return Array.from(groups.values(), ({ lists, ...rest }) => ({
    ...rest,
    ...(lists && { [condition]: [...lists].sort() }),
  }));
}

/** By hand, since it is built for every alternative of a feed: some millions of times. */
function keyOf({
  namespace,
  package: name,
  from,
  fromExcluded,
  to,
  toIncluded,
  state,
  ...rest
}: Draft): string {
  const conditions = `${rest.module}\n${rest.flavour}\n${rest.arch?.join()}\n${rest.product?.join()}`;
  return `${namespace}\n${name}\n${fromExcluded}${from}\n${toIncluded}${to}\n${state}\n${rest.severity}\n${conditions}`;
}

function rowOf(draft: Draft, versionScheme: RowScheme): Affected {
  const only = conditionsOf(draft);
  return {
    namespace: { name: draft.namespace ?? '', versionScheme },
    package: draft.package ?? '',
    range: rangeOf(draft),
    fix: fixOf(draft),
    ...(draft.severity && { severity: draft.severity }),
    ...(Object.keys(only).length > 0 && { only }),
  };
}

/** A namespace whose versions order as rpm orders them. */
export function rpmNamespace(name: string): Namespace {
  return { name, versionScheme: 'rpm' };
}

function rangeOf({ from, fromExcluded, to, toIncluded }: Draft): VersionRange {
  return {
    ...(from !== undefined && { from }),
    ...(fromExcluded && { fromExcluded }),
    ...(to !== undefined && { to }),
    ...(toIncluded && { toIncluded }),
  };
}

function fixOf({ to, toIncluded, state }: Draft): Fix {
  if (state !== undefined) return { state };
  return to === undefined || toIncluded ? { state: 'unfixed' } : { state: 'fixed', version: to };
}

function conditionsOf({ arch, module, flavour, product }: Draft): Conditions {
  return {
    ...(arch && { arch }),
    ...(module !== undefined && { module }),
    ...(flavour !== undefined && { flavour }),
    ...(product && { products: product }),
  };
}
