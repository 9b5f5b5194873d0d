import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../core/limits.ts';
import type { LayerNode } from '../model/layer-index.ts';
import type { PathPattern } from '../plugin/layer-files.ts';
import { emptyLayer } from '../testing/empty-layer.ts';
import { fileTree } from './file-tree.ts';
import { type LinkTarget, linkAliases, unresolvedLinks } from './links.ts';

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

/** The links of one layer that are to be read once more, as `target aliasOf by`. */
function unresolved(patterns: readonly PathPattern[], ...nodes: readonly LayerNode[]): string[] {
  const found = unresolvedLinks(fileTree([{ ...emptyLayer, nodes }]), { patterns, links: [] });
  return found.map(({ target, aliasOf, by }) => `${target} ${aliasOf} ${by}`);
}

test('looks for the log of a database beside the target of its link', () => {
  const database = 'var/lib/rpm/rpmdb.sqlite';
  assert.deepEqual(
    unresolved([database, `${database}-wal`, 'var/lib/rpm/Packages'], {
      path: database,
      kind: 'symbolic-link',
      target: '/opt/db',
    }),
    [`opt/db ${database} path`, `opt/db-wal ${database}-wal path`],
  );
});

test('watches the places below a link that leads to a directory above itself', () => {
  assert.deepEqual(unresolved(['a/b/x'], { path: 'a/b', kind: 'symbolic-link', target: '/a' }), [
    'a/x a/b/x path',
    'a/b/b a/b/x watch',
  ]);
});

test('reads a place as a file of the image although it is already read for its bytes', () => {
  const database = 'var/lib/dpkg/status';
  const copy: LinkTarget = { target: 'opt/copy', aliasOf: database, by: 'content' };
  const tree = fileTree([
    {
      ...emptyLayer,
      nodes: [
        { path: database, kind: 'hard-link', target: 'opt/copy' },
        { path: 'usr/bin/x', kind: 'symbolic-link', target: '/opt/copy' },
      ],
    },
  ]);
  const scanned = { patterns: [database, 'usr/bin/x'], listed: [database], detected: [], links: [copy] };
  assert.deepEqual(unresolvedLinks(tree, scanned), [
    { target: 'opt/copy', aliasOf: 'usr/bin/x', by: 'path' },
  ]);
});
