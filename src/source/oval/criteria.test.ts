import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alternativesOf, type Fact } from './criteria.ts';
import type { Criteria, Criterion } from './definition.ts';

const architectures = ['a', 'b', 'c'];
/** Criteria whose comment is their meaning: architectures, `holds` or `fails`. */
const criterion: fc.Arbitrary<Criterion> = fc
  .oneof(
    fc.subarray(architectures, { minLength: 1 }).map((list) => list.join('|')),
    fc.constantFrom('holds', 'fails'),
  )
  .chain((comment) =>
    fc.boolean().map((negate) => ({
      test: 't',
      comment,
      ...(negate && comment.length > 3 && /holds|fails/.test(comment) && { negate: true as const }),
    })),
  );
const { tree } = fc.letrec<{ tree: Criteria; node: Criteria | Criterion }>((tie) => ({
  tree: fc.record({
    operator: fc.constantFrom('AND', 'OR'),
    of: fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
  }),
  node: fc.oneof({ maxDepth: 3 }, criterion, tie('tree')),
}));

function factOf({ comment }: Criterion): Fact {
  return comment === 'holds' || comment === 'fails' ? comment : { arch: comment.split('|') };
}

function isMet(node: Criteria | Criterion, arch: string): boolean {
  if ('test' in node) {
    const holds = node.comment === 'holds' || node.comment.split('|').includes(arch);
    return holds !== (node.negate === true);
  }
  return node.operator === 'AND'
    ? node.of.every((child) => isMet(child, arch))
    : node.of.some((child) => isMet(child, arch));
}

test('gives alternatives that hold exactly where the criteria hold', () => {
  fc.assert(
    fc.property(tree, (criteria) => {
      const alternatives = alternativesOf(criteria, factOf);
      assert.ok(alternatives.every((part) => part.arch?.length !== 0));
      for (const arch of architectures) {
        const holds = alternatives.some((part) => part.arch?.includes(arch) ?? true);
        assert.equal(holds, isMet(criteria, arch), JSON.stringify(criteria));
      }
    }),
    { numRuns: 2000 },
  );
});

function ways(operator: string, ...facts: Fact[]) {
  const of = facts.map((_, index) => ({ test: 't', comment: String(index) }));
  return alternativesOf({ operator, of }, ({ comment }) => facts[Number(comment)] ?? 'holds');
}

test('combines parts, but never those of two releases', () => {
  assert.deepEqual(ways('AND', { namespace: 'x' }, { package: 'p', to: '2' }, { package: 'p', from: '1' }), [
    { namespace: 'x', package: 'p', to: '2', from: '1' },
  ]);
  assert.deepEqual(ways('AND', { namespace: 'x' }, { namespace: 'y' }), []);
});

test('reports criteria that no row can express as unclear', () => {
  const unclear = (operator: string, ...facts: Fact[]) =>
    ways(operator, ...facts).map((part) => part.unclear);
  assert.deepEqual(unclear('AND', { package: 'p' }, { package: 'q' }), ['both package p and q']);
  assert.deepEqual(unclear('AND', { module: 'm:1' }, { module: 'm:2' }), ['both module m:1 and m:2']);
  assert.deepEqual(unclear('XOR', 'holds'), ['the operator XOR']);
  assert.deepEqual(unclear('AND', { unclear: 'why' }, { package: 'q' }), ['why']);
  // It has no effect if another criterion decides.
  assert.deepEqual(ways('AND', { unclear: 'why' }, 'fails'), []);
  assert.deepEqual(ways('OR', { unclear: 'why' }, 'holds'), [{}]);
  const negated = { operator: 'AND', of: [{ test: 't', comment: 'p', negate: true as const }] };
  assert.deepEqual(
    alternativesOf(negated, () => ({ package: 'p' })),
    [{ unclear: 'the opposite of "p"' }],
  );
});

test('does not support criteria with very many alternatives', () => {
  const many: Criteria = {
    operator: 'OR',
    of: Array.from({ length: 700 }, (_, n) => ({ test: 't', comment: `${n}` })),
  };
  const [part, ...more] = alternativesOf({ operator: 'AND', of: [many, many] }, ({ comment }) => ({
    package: comment,
  }));
  assert.match(part?.unclear ?? '', /more than \d+ alternatives/);
  assert.deepEqual(more, []);
});
