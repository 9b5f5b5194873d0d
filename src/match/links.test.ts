import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../core/limits.ts';
import { type LinkTarget, linkAliases } from './links.ts';

const link = (target: string, aliasOf: string): LinkTarget => ({ target, aliasOf, by: 'path' });

test('maps a path to the wanted place that a link leads from, and a file in a linked directory likewise', () => {
  const wantedPathsOf = linkAliases([link('opt/release', 'etc/os-release'), link('data/d/*', 'status.d/*')]);
  assert.deepEqual(wantedPathsOf('opt/release'), ['etc/os-release']);
  assert.deepEqual(wantedPathsOf('data/d/bash'), ['status.d/bash']);
  assert.deepEqual(wantedPathsOf('etc/os-release'), []);
  assert.deepEqual(wantedPathsOf('elsewhere'), []);
});

test('maps a place to every path from which a link leads to it', () => {
  const wantedPathsOf = linkAliases([link('f', 'a'), link('f', 'b'), link('*', 'd/*')]);
  assert.deepEqual(wantedPathsOf('f'), ['a', 'b']);
  const both = linkAliases([link('e/f', 'a'), link('e/*', 'd/*')]);
  assert.deepEqual(both('e/f'), ['a', 'd/f']);
});

test('follows chains of links and ends at two links to each other', () => {
  const chain = linkAliases([link('c', 'b'), link('b', 'a')]);
  assert.deepEqual(chain('c'), ['b', 'a']);
  assert.deepEqual(chain('b'), ['a']);
  const round = linkAliases([link('a', 'b'), link('b', 'a')]);
  assert.deepEqual(round('a'), ['b']);
  const links = Array.from({ length: limits.linkDepth + 10 }, (_, i) => link(`l${i + 1}`, `l${i}`));
  const followed = linkAliases(links)(`l${limits.linkDepth + 5}`);
  assert.deepEqual([followed.length, followed.at(-1)], [limits.linkDepth, 'l5']);
});
