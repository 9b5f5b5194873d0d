import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../kit/limits.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { ImageSize } from './image-size.ts';

const empty: LayerIndex = {
  verified: true,
  whiteouts: [],
  opaques: [],
  nodes: [],
  contents: [],
  packages: [],
  owned: [],
  repositories: [],
  problems: [],
};

/** Layers that hold so many things of each kind, one kind a layer. */
function layersOf(count: number): LayerIndex[] {
  const paths = Array.from({ length: count }, (_, i) => `p${i}`);
  const packages = paths.map((name) => ({ type: 'deb', name, version: '1' }));
  const owned = { path: 'd', lister: 'l', owner: 'o' };
  return [
    { ...empty, whiteouts: paths },
    { ...empty, opaques: paths },
    { ...empty, nodes: paths.map((path) => ({ path, kind: 'file' })) },
    { ...empty, packages: [{ path: 'd', lister: 'l', packages }] },
    { ...empty, owned: [{ ...owned, files: paths.slice(1) }] },
    { ...empty, owned: paths.map(() => ({ ...owned, files: [] })) },
  ];
}

test('as much as an image may hold is counted over all of its layers, and whatever comes after is refused', () => {
  const each = 1000;
  const layers = layersOf(each);
  const size = new ImageSize();
  for (let held = 0; held < limits.imageThings; held += layers.length * each)
    for (const layer of layers.slice(0, (limits.imageThings - held) / each)) size.add(layer);
  size.add(empty);
  for (const layer of layersOf(1).filter(({ owned }) => owned.length === 0))
    assert.throws(
      () => {
        size.add(layer);
      },
      { code: 'limit-exceeded', message: /more than 200000 packages/ },
    );
});
