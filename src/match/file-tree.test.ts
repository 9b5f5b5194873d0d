import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerIndex, LayerNode } from '../model/layer-index.ts';
import { emptyLayer } from '../testing/empty-layer.ts';
import { fileTree, realPaths } from './file-tree.ts';

const file = (path: string): LayerNode => ({ path, kind: 'file' });
const directory = (path: string): LayerNode => ({ path, kind: 'directory' });
const link = (path: string, target: string): LayerNode => ({ path, kind: 'symbolic-link', target });

function layer(...nodes: readonly LayerNode[]): LayerIndex {
  return { ...emptyLayer, nodes };
}

function ambiguities(...layers: readonly LayerIndex[]): string[] {
  return fileTree(layers).ambiguities.map(
    ({ path, layer: at, message }) => `${at} ${path} ${message.split(':')[0]}`,
  );
}

test('names what is below a link of a lower layer, since runtimes differ there', () => {
  const lower = layer(directory('opt'), link('app', 'opt'));
  assert.deepEqual(ambiguities(lower, layer(file('app/a'))), ['1 app/a is below a link of a lower layer']);
  assert.deepEqual(ambiguities(lower, { ...emptyLayer, whiteouts: ['app/a'], opaques: ['app'] }), [
    '1 app/a is below a link of a lower layer',
    '1 app is below a link of a lower layer',
  ]);
  assert.deepEqual(ambiguities(lower, layer(file('opt/a'))), []);
  assert.deepEqual(ambiguities(layer(directory('opt'), link('app', 'opt'), file('app/a'))), []);
});

test('a layer that replaces the link before the member leaves no doubt', () => {
  const lower = layer(directory('opt'), link('app', 'opt'));
  assert.deepEqual(ambiguities(lower, layer(directory('app'), file('app/a'))), []);
  assert.deepEqual(ambiguities(lower, layer(file('app/a'), directory('app'))), [
    '1 app/a is below a link of a lower layer',
  ]);
});

test('names an opaque root, which some runtimes ignore', () => {
  assert.deepEqual(ambiguities(layer(file('a')), { ...emptyLayer, opaques: [''] }), [
    '1 .wh..wh..opq marks the root as opaque',
  ]);
  assert.deepEqual(ambiguities({ ...emptyLayer, opaques: [''] }), []);
});

test('records where links lead in the whole image and in their layer alone', () => {
  const { linkTargets } = fileTree([
    layer(directory('opt'), link('d', 'opt')),
    layer(file('f'), link('a', 'd')),
  ]);
  assert.deepEqual(
    Array.from(linkTargets, ([path, targets]) => [path, [...targets].sort()]),
    [
      ['d', ['opt']],
      ['a', ['d', 'opt']],
    ],
  );
});

test('records where a link of a lower layer leads after another one was replaced', () => {
  const { linkTargets } = fileTree([layer(link('a', 'd'), link('d', 'one')), layer(link('d', 'two'))]);
  assert.deepEqual([...(linkTargets.get('a') ?? [])].sort(), ['one', 'two']);
});

test('a hard link shares a file that its own layer hides', () => {
  const upper = layer({ path: 'b', kind: 'hard-link', target: 'etc/a' });
  const { entries } = fileTree([layer(file('etc/a')), { ...upper, whiteouts: ['etc/a'] }]);
  assert.deepEqual(entries.get('b')?.content, { path: 'etc/a', layer: 0 });
  assert.equal(entries.get('etc/a'), undefined);
});

test('resolves a directory that is a link to the root', () => {
  const real = realPaths(fileTree([layer(directory('etc'), link('host', '/'), link('conf', 'etc'))]));
  assert.deepEqual(['host/etc/a', 'host/a', 'conf/a', 'a'].map(real), ['etc/a', 'a', 'etc/a', 'a']);
});
