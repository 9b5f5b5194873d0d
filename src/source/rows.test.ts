import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergedRows, rowsOf } from './rows.ts';

const everyArch = ['a', 'b', 'c'];
const everyProduct = ['P', 'Q', 'R'];

function systems(
  what: string,
  arch: readonly string[] = everyArch,
  products: readonly string[] = everyProduct,
): string[] {
  return arch.flatMap((a) => products.map((product) => `${what} ${a} ${product}`));
}

test('covers the same systems with merged rows as with single rows', () => {
  const part = fc.record(
    {
      namespace: fc.constant('n'),
      package: fc.constantFrom('p', 'q'),
      to: fc.constantFrom('1', '2'),
      arch: fc.subarray(everyArch, { minLength: 1 }),
      product: fc.constantFrom(...everyProduct),
    },
    { requiredKeys: ['namespace', 'package', 'to'] },
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const expected = parts.flatMap(({ package: name, to, arch, product }) =>
        systems(`${name} ${to}`, arch, product === undefined ? everyProduct : [product]),
      );
      const rows = mergedRows(parts);
      const merged = rows.flatMap(({ package: name, range, only }) =>
        systems(`${name} ${range.to}`, only?.arch, only?.products),
      );
      assert.deepEqual([...new Set(merged)].sort(), [...new Set(expected)].sort());
      assert.ok(rows.length <= parts.length);
    }),
  );
});

test('reports alternatives that are not rows', () => {
  const reason = (part: object) => rowsOf([{ namespace: 'n', package: 'p' }, part]);
  assert.deepEqual(reason({ namespace: 'n' }), { skipped: 'criteria that are met without any package' });
  assert.deepEqual(reason({ package: 'q' }), { skipped: 'criteria for q on no known release' });
  assert.deepEqual(reason({ unclear: 'x' }), { skipped: 'criteria that no row can express: x' });
  assert.deepEqual(rowsOf([]), { affected: [] });
});
