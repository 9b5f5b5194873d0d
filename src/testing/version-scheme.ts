import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKey, keyAfter, type VersionKey, type VersionScheme } from '../plugin/version-scheme.ts';
import { corpus } from './corpus.ts';

/** The order of two versions; `!` if they have none. */
export type Order = '<' | '=' | '>' | '!';

/** One comparison of a table. Some state only that two versions differ. */
export interface Comparison {
  readonly a: string;
  readonly order: Order | '!=';
  readonly b: string;
}

/** Returns the order of two versions in a scheme. Asserts that their keys, if they have any, order equally. */
export function orderOf(scheme: VersionScheme, a: string, b: string): Order {
  const order = sign(scheme.compare(a, b));
  const left = scheme.key(a);
  const right = scheme.key(b);
  if (isKey(left) && isKey(right))
    assert.equal(sign(Buffer.compare(left, right)), order, `keys of ${a} and ${b}`);
  return order;
}

/** Returns the comparisons of `src/version/testdata/<name>.txt`: one per line, `a < b`; lines that begin with # are comments. */
export function testdataComparisons(name: string): readonly Comparison[] {
  const path = resolve(import.meta.dirname, `../version/testdata/${name}.txt`);
  return linesOf(path).map((line) => {
    const [a, order, b, ...rest] = line.split(' ');
    assert.ok(a !== undefined && isOrder(order) && b !== undefined && rest.length === 0, `${path}: ${line}`);
    return { a, order, b };
  });
}

/** Returns the comparisons of `versions/<name>.tsv` in the corpus. Some state only that two versions differ (`!=`). */
export function corpusComparisons(name: string): readonly Comparison[] {
  return linesOf(corpus(`versions/${name}.tsv`)).map((line) => {
    const [a, order, b] = line.split('\t');
    assert.ok(a !== undefined && (isOrder(order) || order === '!=') && b !== undefined, line);
    return { a, order, b };
  });
}

/** Returns the comparisons that a scheme decides otherwise than the table, as `a < b` with the order of the table. */
export function disagreements(scheme: VersionScheme, comparisons: readonly Comparison[]): readonly string[] {
  return comparisons
    .filter(({ a, order, b }) => {
      const answer = orderOf(scheme, a, b);
      return order === '!=' ? answer !== '<' && answer !== '>' : answer !== order;
    })
    .map(({ a, order, b }) => `${a} ${order} ${b}`);
}

/** Generators for the laws. */
export interface LawTrial {
  /** Generates versions that have keys. */
  readonly versions: fc.Arbitrary<string>;
  /** Generates versions that include only themselves as a bound; `versions` if absent. */
  readonly bounds?: fc.Arbitrary<string>;
}

/** Tests the laws of every scheme: a total order, keys in the same order, and `after` directly above its version. */
export function testLaws(scheme: VersionScheme, { versions, bounds = versions }: LawTrial): void {
  void test(`${scheme.name}: is a total order`, () => {
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

  void test(`${scheme.name}: makes no key that is empty or begins with FF`, () => {
    fc.assert(
      fc.property(versions, (version) => {
        const first = requireKey(scheme, version)[0];
        assert.ok(first !== undefined && first < 0xff);
      }),
    );
  });

  void test(`${scheme.name}: returns from keyAfter() a bound above its version and below all greater ones`, () => {
    fc.assert(
      fc.property(bounds, versions, (bound, version) => {
        const after = keyAfter(scheme, bound);
        assert.ok(isKey(after));
        const isAbove = Buffer.compare(requireKey(scheme, version), after) >= 0;
        assert.equal(isAbove, orderOf(scheme, version, bound) === '>');
      }),
    );
  });
}

/** Returns the key of a version; fails if it has none. */
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
