import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { installed } from '../../testing/store-content.ts';
import type { ImagePackage } from '../image-store.ts';
import { splitImage } from './image-parts.ts';
import { decodeOrder, encodeOrder } from './package-order.ts';
import { decodePaths, encodePaths } from './package-paths.ts';

test('restores the order of packages from their parts, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 4 })), (parts) => {
      const positionOf = decodeOrder(encodeOrder(parts));
      const next = new Map<number, number>();
      const positions = parts.map((part) => {
        const position = next.get(part) ?? 0;
        next.set(part, position + 1);
        return positionOf(part, position);
      });
      assert.deepEqual(
        positions,
        parts.map((_, i) => i),
      );
    }),
  );
  assert.throws(() => decodeOrder(encodeOrder([0, 1]))(1, 1), /no package 1 in its part 1/);
});

test('restores the path of each package', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (paths) => {
      const pathAt = decodePaths(encodePaths(paths));
      assert.deepEqual(
        paths.map((_, i) => pathAt(i)),
        paths,
      );
    }),
  );
});

function at(item: ImagePackage, path: string, layer: string): ImagePackage {
  return { ...item, location: { path, layer: layer as ImagePackage['location']['layer'] } };
}

test('gives images on one base the same set for its packages, whatever they add', () => {
  const base = ['a', 'c', 'e'].map((name) => at(installed(name), 'db', 'sha256:base'));
  const extra = ['b', 'd'].map((name) => at(installed(name), 'db', 'sha256:extra'));
  const [a, c, e] = base as [ImagePackage, ImagePackage, ImagePackage];
  const [b, d] = extra as [ImagePackage, ImagePackage];
  const setsOf = (packages: readonly ImagePackage[]) =>
    splitImage(
      packages,
      packages.map(() => 1),
    ).parts.map(({ set }) => set.identity);
  const [alone] = setsOf(base);
  assert.deepEqual(setsOf([a, b, c, d, e])[0], alone);
  assert.deepEqual(setsOf([a, c, b, e])[0], alone);
  assert.notDeepEqual(setsOf([a, c])[0], alone);
  // A path belongs to the part, not to the set.
  assert.deepEqual(setsOf(base.map((item, i) => at(item, `${i}`, 'sha256:other')))[0], alone);
});
