import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { ListerEvent } from '../../plugin/package-lister.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { writeSqlite } from '../../testing/sqlite-writer.ts';
import { untar } from '../../testing/untar.ts';
import { rhelContentManifest } from './rhel-content-manifest.ts';

const place = 'root/buildinfo/content_manifests/ubi8-container-8.7-1112.json';
const history = 'var/lib/dnf/history.sqlite';

function list(files: Readonly<Record<string, string | Buffer>>): ListerEvent[] {
  const bytes = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const);
  return [...rhelContentManifest.list(new Map(bytes))];
}

/** Returns the history of a layer in which one package came from this repository. */
function historyOf(repository: string): Buffer {
  return writeSqlite('delete', 4096, (engine) => {
    engine.exec(
      `create table repo(id integer primary key, repoid text); create table trans_item(id integer primary key, item_id, repo_id, action);
       insert into repo values (1, '${repository}'); insert into trans_item values (1, 1, 1, 1)`,
    );
  }).file;
}

corpusTest(
  'content manifests: reads the content sets of the corpus layers, also at the path of ostree',
  () => {
    const layer = (name: string): ListerEvent[] => {
      const archive = readFileSync(corpus(`images/archives/claircore/rhel/testdata/${name}.tar`));
      const files = [...untar(archive)].filter(
        ([path]) => path.endsWith('.json') && !path.includes('/PaxHeader/'),
      );
      return list(Object.fromEntries(files));
    };
    const repositories = ['content-set-1', 'content-set-2'];
    const usual = 'root/buildinfo/content_manifests/foo-1.1-2.json';
    assert.deepEqual(layer('layer-with-embedded-cs'), [{ kind: 'repositories', path: usual, repositories }]);
    assert.deepEqual(layer('rhcos-layer-with-conflicting-files'), [
      { kind: 'repositories', path: usual, repositories },
      { kind: 'repositories', path: 'usr/share/buildinfo/foo-1.1-2.json', repositories },
    ]);
    const [replaced] = layer('layer-with-invalid-content-manifests-json');
    assert.match(JSON.stringify(replaced), /is not a content manifest/);
  },
);

test('content manifests: prefers the history of dnf to a hint, and uses it without a manifest', () => {
  const hint = JSON.stringify({ from_dnf_hint: true, content_sets: ['allowed', 'allowed'] });
  const sets = JSON.stringify({ metadata: { icm_version: 1 }, content_sets: ['set'], image_contents: [] });
  const dnf = historyOf('used');
  const fromHistory = { kind: 'repositories', path: history, repositories: ['used'] };
  assert.deepEqual(list({ [history]: dnf }), [fromHistory]);
  assert.deepEqual(list({ [place]: hint, [history]: dnf }), [fromHistory]);
  assert.deepEqual(list({ [place]: hint }), [
    { kind: 'repositories', path: place, repositories: ['allowed'] },
  ]);
  assert.deepEqual(list({ [place]: hint, [history]: historyOf('@System') }), [
    { kind: 'repositories', path: place, repositories: ['allowed'] },
  ]);
  assert.deepEqual(list({ [place]: sets, [history]: dnf }), [
    { kind: 'repositories', path: place, repositories: ['set'] },
  ]);
  assert.deepEqual(list({ [place]: '{"content_sets": []}', [history]: dnf }), [fromHistory]);
});

test('content manifests: reports an invalid manifest, and ignores labels', () => {
  const many = Array.from({ length: limits.contentSets + 1 }, () => 'a');
  const bad = [
    '',
    '[]',
    '{}',
    '{"content_sets": null}',
    '{"content_sets": ["a b"]}',
    '{"content_sets": [1]}',
  ];
  for (const content of [...bad, JSON.stringify({ content_sets: many })])
    assert.match(
      JSON.stringify(list({ [place]: content })),
      /is not a content manifest/,
      content.slice(0, 40),
    );
  assert.match(JSON.stringify(list({ [place]: ' '.repeat(limits.manifestBytes + 1) })), /is longer than/);
  assert.deepEqual(list({ 'usr/share/buildinfo/labels.json': '{"name": "ubi9"}' }), []);
});

test('content manifests: reports a damaged history, and distinguishes an empty one and one without its database', () => {
  assert.match(JSON.stringify(list({ [history]: 'x' })), /is cut off within its header/);
  assert.deepEqual(list({ [history]: '', [`${history}-wal`]: '' }), []);
  assert.deepEqual(list({ [`${history}-wal`]: 'x' }), [
    { kind: 'problem', path: `${history}-wal`, problem: 'is a write-ahead log without its database' },
  ]);
});
