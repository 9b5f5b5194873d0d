import type { Part } from '../rows.ts';
import type { Criteria, Criterion } from './definition.ts';

/**
 * What a vendor's reader makes of a criterion: a part of a row; `holds` for what is true wherever the rows are asked, such as
 * a signature; `fails` for what never is, such as another product.
 */
export type Fact = Part | 'holds' | 'fails';

/** A definition with more alternatives than this is not understood; the largest real ones have some ten thousand. */
const alternativesMax = 200_000;

const always: readonly Part[] = [{}];
const never: readonly Part[] = [];

/**
 * Every way in which criteria can be met: `A and (B or C)` is `A and B` or `A and C`. No way at all means never, one that asks
 * for nothing means always. A way that cannot be put into one row says so in `unclear`.
 */
export function alternativesOf(criteria: Criteria, read: (criterion: Criterion) => Fact): readonly Part[] {
  return alternatives(criteria, read, false);
}

function alternatives(
  node: Criteria | Criterion,
  read: (criterion: Criterion) => Fact,
  isNegated: boolean,
): readonly Part[] {
  const isNot = isNegated !== (node.negate === true);
  if ('test' in node) return ofFact(read(node), isNot, node.comment);
  if (node.operator !== 'AND' && node.operator !== 'OR') return unclear(`the operator ${node.operator}`);
  const isAnd = (node.operator === 'AND') !== isNot; // De Morgan
  const children = node.of.map((child) => alternatives(child, read, isNot));
  return isAnd ? allOf(children) : anyOf(children);
}

function ofFact(fact: Fact, isNot: boolean, comment: string): readonly Part[] {
  if (fact === 'holds' || fact === 'fails') return (fact === 'holds') !== isNot ? always : never;
  return isNot ? unclear(`the opposite of "${comment}"`) : [fact];
}

function unclear(what: string): readonly Part[] {
  return [{ unclear: what }];
}

function anyOf(children: readonly (readonly Part[])[]): readonly Part[] {
  if (children.includes(always)) return always;
  const all = children.flat();
  return all.length > alternativesMax ? unclear(`more than ${alternativesMax} alternatives`) : all;
}

function allOf(children: readonly (readonly Part[])[]): readonly Part[] {
  return children.reduce((left, right) => {
    if (left === always) return right;
    if (right === always) return left;
    if (left.length * right.length > alternativesMax) {
      return unclear(`more than ${alternativesMax} alternatives`);
    }
    return left.flatMap((a) => right.flatMap((b) => both(a, b)));
  }, always);
}

/** Two parts as one; none when nothing can be both. */
function both(a: Part, b: Part): readonly Part[] {
  if (a.unclear !== undefined || b.unclear !== undefined) return unclear(a.unclear ?? b.unclear ?? '');
  if (differ(a.namespace, b.namespace)) return never;
  const arch = intersection(a.arch, b.arch);
  if (arch?.length === 0) return never;
  for (const name of ['package', 'module', 'flavour', 'product', 'from', 'to', 'state'] as const) {
    if (differ(a[name], b[name])) return unclear(`both ${name} ${a[name]} and ${b[name]}`);
  }
  return [{ ...a, ...b, ...(arch !== undefined && { arch }) }];
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function intersection(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  return a === undefined ? b : b === undefined ? a : a.filter((arch) => b.includes(arch));
}
