import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerLicenses } from '../model/layer-index.ts';
import { statedLicenses } from './licenses.ts';

const states = (name: string, ...licenses: string[]): LayerLicenses => ({ type: 'deb', name, licenses });
const links = (name: string, sameAs: string): LayerLicenses => ({ type: 'deb', name, sameAs });

test('uses the highest layer that has a file of a package', () => {
  const of = statedLicenses([
    { licenses: [states('a', 'MIT'), states('b', 'ISC')] },
    {},
    { licenses: [states('a', 'X11')] },
  ]);
  assert.deepEqual(
    [of('deb', 'a'), of('deb', 'b'), of('deb', 'c'), of('rpm', 'a')],
    [['X11'], ['ISC'], undefined, undefined],
  );
});

test('uses the licences of another layer for a linked directory', () => {
  const of = statedLicenses([
    { licenses: [states('gcc-12-base', 'GPL-3.0-or-later')] },
    { licenses: [links('g++-12', 'libstdc++6'), links('libstdc++6', 'gcc-12-base')] },
  ]);
  assert.deepEqual(of('deb', 'g++-12'), ['GPL-3.0-or-later']);
});

test('states no licence for circular or broken links', () => {
  const of = statedLicenses([{ licenses: [links('a', 'b'), links('b', 'a'), links('c', 'none')] }]);
  assert.deepEqual([of('deb', 'a'), of('deb', 'c')], [undefined, undefined]);
});
