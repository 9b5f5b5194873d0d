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

/** A vendor's statement, as far as a row can express it: of one package, or combined with others. */
export interface Part {
  readonly namespace?: string;
  readonly package?: string;
  /** Lower bound of the versions. */
  readonly from?: string;
  readonly fromExcluded?: true;
  readonly to?: string;
  readonly toIncluded?: true;
  /** State of these versions. Absent if `to` is the version that fixes them. */
  readonly state?: Exclude<FixState, 'fixed'>;
  /** Severity for this package, if it differs. */
  readonly severity?: Severity;
  readonly arch?: readonly string[];
  readonly module?: string;
  readonly flavour?: Flavour;
  readonly product?: string;
  /** Why no row can express it. */
  readonly unclear?: string;
}

/** Rows of an advisory, or the reason why it has no rows. */
export type Rows = { readonly affected: readonly Affected[] } | { readonly skipped: string };

/** The order of the versions of rows. */
export type RowScheme = 'rpm' | 'dpkg';

/**
 * Returns rows with the meaning of these alternatives. Returns `{skipped}` if one of them is not about one package of
 * one namespace.
 */
export function rowsOf(alternatives: readonly Part[], scheme: RowScheme = 'rpm'): Rows {
  for (const part of alternatives) {
    if (part.unclear !== undefined) return { skipped: `criteria that no row can express: ${part.unclear}` };
    if (part.package === undefined) return { skipped: 'criteria that are met without any package' };
    if (part.namespace === undefined) return { skipped: `criteria for ${part.package} on no known release` };
  }
  return { affected: mergedRows(alternatives, scheme) };
}

/** Returns the fewest rows with the same meaning: rows that differ only in architecture or product are merged. */
export function mergedRows(parts: readonly Part[], scheme: RowScheme = 'rpm'): Affected[] {
  return mergedBy('arch', mergedBy('product', parts.map(withLists))).map((draft) => rowOf(draft, scheme));
}

/** A part with lists of architectures and products. Absent means any. */
type Draft = Omit<Part, 'product'> & { readonly product?: readonly string[] };

function withLists({ product, ...part }: Part): Draft {
  return { ...part, ...(product !== undefined && { product: [product] }) };
}

/** Merges rows that differ only in this condition. The result has all values, or no condition if one row has none. */
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

/** Built by hand for speed: a feed has millions of alternatives. */
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

/** Returns a namespace with versions in rpm order. */
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
