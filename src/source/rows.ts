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
  return mergedBy('arch', mergedBy('product', parts.map(toDraft))).map((draft) => rowOf(draft, scheme));
}

/** A part, and its conditions that may be merged with those of others. Absent means any. */
interface Draft {
  readonly part: Part;
  readonly arch: readonly string[] | undefined;
  readonly product: readonly string[] | undefined;
}

function toDraft(part: Part): Draft {
  const { arch, product } = part;
  return { part, arch, product: product === undefined ? undefined : [product] };
}

/** Rows that differ only in one condition. */
interface DraftGroup {
  readonly first: Draft;
  /** All values of the condition. Undefined if one row has none. */
  values: readonly string[] | Set<string> | undefined;
}

/** Merges rows that differ only in this condition. The result has all values, or no condition if one row has none. */
function mergedBy(condition: 'arch' | 'product', drafts: readonly Draft[]): Draft[] {
  const groups = new Map<string, DraftGroup>();
  for (const draft of drafts) {
    const key = keyOf(draft, condition);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: draft, values: draft[condition] });
    else group.values = union(group.values, draft[condition]);
  }
  return Array.from(groups.values(), ({ first, values }) => ({ ...first, [condition]: sorted(values) }));
}

function union(values: DraftGroup['values'], more: readonly string[] | undefined): DraftGroup['values'] {
  if (values === undefined || more === undefined) return undefined;
  const all = values instanceof Set ? values : new Set(values);
  for (const value of more) all.add(value);
  return all;
}

function sorted(values: DraftGroup['values']): readonly string[] | undefined {
  if (values === undefined || (!(values instanceof Set) && values.length === 1)) return values;
  return [...new Set(values)].sort();
}

/** Returns everything but this condition as text. Built by hand for speed: a feed has millions of alternatives. */
function keyOf({ part, arch, product }: Draft, condition: 'arch' | 'product'): string {
  const { namespace, package: name, from, fromExcluded, to, toIncluded, state, severity } = part;
  const others = condition === 'arch' ? product?.join() : arch?.join();
  const conditions = `${part.module}\n${part.flavour}\n${others}`;
  return `${namespace}\n${name}\n${fromExcluded}${from}\n${toIncluded}${to}\n${state}\n${severity}\n${conditions}`;
}

function rowOf(draft: Draft, versionScheme: RowScheme): Affected {
  const { part } = draft;
  const only = conditionsOf(draft);
  return {
    namespace: { name: part.namespace ?? '', versionScheme },
    package: part.package ?? '',
    range: rangeOf(part),
    fix: fixOf(part),
    ...(part.severity && { severity: part.severity }),
    ...(Object.keys(only).length > 0 && { only }),
  };
}

/** Returns a namespace with versions in rpm order. */
export function rpmNamespace(name: string): Namespace {
  return { name, versionScheme: 'rpm' };
}

function rangeOf({ from, fromExcluded, to, toIncluded }: Part): VersionRange {
  return {
    ...(from !== undefined && { from }),
    ...(fromExcluded && { fromExcluded }),
    ...(to !== undefined && { to }),
    ...(toIncluded && { toIncluded }),
  };
}

function fixOf({ to, toIncluded, state }: Part): Fix {
  if (state !== undefined) return { state };
  return to === undefined || toIncluded ? { state: 'unfixed' } : { state: 'fixed', version: to };
}

function conditionsOf({ part: { module, flavour }, arch, product }: Draft): Conditions {
  return {
    ...(arch && { arch }),
    ...(module !== undefined && { module }),
    ...(flavour !== undefined && { flavour }),
    ...(product && { products: product }),
  };
}
