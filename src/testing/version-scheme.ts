import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKey, type VersionKey, type VersionScheme } from '../plugin/version-scheme.ts';
import { corpus } from './corpus.ts';

/** How two versions order; `!` when they have no order. */
export type Order = '<' | '=' | '>' | '!';

/** One comparison of a table; some tell only that two versions differ. */
export interface Comparison {
  readonly a: string;
  readonly order: Order | '!=';
  readonly b: string;
}

/** The order a scheme gives to two versions, after making sure that their keys, where they have such, give the same. */
export function orderOf(scheme: VersionScheme, a: string, b: string): Order {
  const order = sign(scheme.compare(a, b));
  const left = scheme.key(a);
  const right = scheme.key(b);
  if (isKey(left) && isKey(right))
    assert.equal(sign(Buffer.compare(left, right)), order, `keys of ${a} and ${b}`);
  return order;
}

/** The comparisons of `src/version/testdata/<name>.txt`: a line each, `a < b`; lines that begin with # explain. */
export function testdataComparisons(name: string): readonly Comparison[] {
  const path = resolve(import.meta.dirname, `../version/testdata/${name}.txt`);
  return linesOf(path).map((line) => {
    const [a, order, b, ...rest] = line.split(' ');
    assert.ok(a !== undefined && isOrder(order) && b !== undefined && rest.length === 0, `${path}: ${line}`);
    return { a, order, b };
  });
}

/** The comparisons of `versions/<name>.tsv` in the corpus, of which some tell only that two versions differ (`!=`). */
export function corpusComparisons(name: string): readonly Comparison[] {
  return linesOf(corpus(`versions/${name}.tsv`)).map((line) => {
    const [a, order, b] = line.split('\t');
    assert.ok(a !== undefined && (isOrder(order) || order === '!=') && b !== undefined, line);
    return { a, order, b };
  });
}

/** The comparisons that a scheme answers otherwise than the table, as `a < b` with the answer of the table. */
export function disagreements(scheme: VersionScheme, comparisons: readonly Comparison[]): readonly string[] {
  return comparisons
    .filter(({ a, order, b }) => {
      const answer = orderOf(scheme, a, b);
      return order === '!=' ? answer !== '<' && answer !== '>' : answer !== order;
    })
    .map(({ a, order, b }) => `${a} ${order} ${b}`);
}

/** What the laws are tried on. */
export interface LawTrial {
  /** Makes versions that have keys. */
  readonly versions: fc.Arbitrary<string>;
  /** Makes versions that as a bound include nothing but themselves; all of `versions` when left out. */
  readonly bounds?: fc.Arbitrary<string>;
}

/** Tests what holds for every scheme: a total order, keys that follow it, and `after` right above its version. */
export function testLaws(scheme: VersionScheme, { versions, bounds = versions }: LawTrial): void {
  void test(`${scheme.name}: the order is total`, () => {
    fc.assert(
      fc.property(versions, versions, versions, (a, b, c) => {
        assert.equal(orderOf(scheme, a, a), '=');
        assert.equal(orderOf(scheme, a, b), opposite(orderOf(scheme, b, a)));
        const [low, middle, high] = [a, b, c].sort((x, y) => scheme.compare(x, y) ?? 0) as [
          string,
          string,
          string,
        ];
        assert.notEqual(orderOf(scheme, low, middle), '>');
        assert.notEqual(orderOf(scheme, middle, high), '>');
        assert.notEqual(orderOf(scheme, low, high), '>');
      }),
    );
  });

  void test(`${scheme.name}: no key is empty or begins with FF`, () => {
    fc.assert(
      fc.property(versions, (version) => {
        const first = requireKey(scheme, version)[0];
        assert.ok(first !== undefined && first < 0xff);
      }),
    );
  });

  void test(`${scheme.name}: after a version comes no version but greater ones`, () => {
    fc.assert(
      fc.property(bounds, versions, (bound, version) => {
        const after = scheme.after(bound);
        assert.ok(isKey(after));
        const isAbove = Buffer.compare(requireKey(scheme, version), after) >= 0;
        assert.equal(isAbove, orderOf(scheme, version, bound) === '>');
      }),
    );
  });
}

/** The key of a version that must have one. */
export function requireKey(scheme: VersionScheme, version: string): VersionKey {
  const key = scheme.key(version);
  assert.ok(isKey(key), `${version} has no key`);
  return key;
}

function linesOf(path: string): readonly string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function isOrder(text: string | undefined): text is Order {
  return text === '<' || text === '=' || text === '>' || text === '!';
}

function sign(order: number | undefined): Order {
  if (order === undefined) return '!';
  return order < 0 ? '<' : order > 0 ? '>' : '=';
}

function opposite(order: Order): Order {
  return order === '<' ? '>' : order === '>' ? '<' : order;
}
