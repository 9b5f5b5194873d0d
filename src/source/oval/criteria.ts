import { limits } from '../../core/limits.ts';
import type { Part } from '../rows.ts';
import type { Criteria, Criterion } from './definition.ts';

/**
 * The meaning of a criterion: a part of a row; `holds` for a criterion that is always true here, such as a signature;
 * or `fails` for one that is never true, such as another product.
 */
export type Fact = Part | 'holds' | 'fails';

const always: readonly Part[] = [{}];
const never: readonly Part[] = [];

/**
 * Returns every way to meet criteria: `A and (B or C)` becomes `A and B` or `A and C`. No alternative means never; an
 * empty one means always. An alternative that one row cannot express has its reason in `unclear`.
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
  const isAnd = (node.operator === 'AND') !== isNot; // De Morgan's laws.
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
  return all.length > limits.ovalAlternatives
    ? unclear(`more than ${limits.ovalAlternatives} alternatives`)
    : all;
}

function allOf(children: readonly (readonly Part[])[]): readonly Part[] {
  return children.reduce((left, right) => {
    if (left === always) return right;
    if (right === always) return left;
    if (left.length * right.length > limits.ovalAlternatives) {
      return unclear(`more than ${limits.ovalAlternatives} alternatives`);
    }
    return left.flatMap((a) => right.flatMap((b) => both(a, b)));
  }, always);
}

/** Combines two parts into one. Returns no part if they contradict each other. */
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
