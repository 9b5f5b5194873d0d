import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../core/limits.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { emptyLayer } from '../testing/empty-layer.ts';
import { ImageSize } from './image-size.ts';

/** Layers with `count` items of each kind, one kind per layer. */
function layersOf(count: number): LayerIndex[] {
  const paths = Array.from({ length: count }, (_, i) => `p${i}`);
  const packages = paths.map((name) => ({ type: 'deb', name, version: '1' }));
  const owned = { path: 'd', lister: 'l', owner: 'o' };
  return [
    { ...emptyLayer, whiteouts: paths },
    { ...emptyLayer, opaques: paths },
    { ...emptyLayer, nodes: paths.map((path) => ({ path, kind: 'file' })) },
    { ...emptyLayer, packages: [{ path: 'd', lister: 'l', packages }] },
    { ...emptyLayer, owned: [{ ...owned, files: paths.slice(1) }] },
    { ...emptyLayer, owned: paths.map(() => ({ ...owned, files: [] })) },
  ];
}

test('counts the contents over all layers and refuses more than the limit', () => {
  const each = 1000;
  const layers = layersOf(each);
  const size = new ImageSize();
  for (let held = 0; held < limits.imageThings; held += layers.length * each)
    for (const layer of layers.slice(0, (limits.imageThings - held) / each)) size.add(layer);
  size.add(emptyLayer);
  for (const layer of layersOf(1).filter(({ owned }) => owned.length === 0))
    assert.throws(
      () => {
        size.add(layer);
      },
      { code: 'limit-exceeded', message: /more than 200000 packages/ },
    );
});
