import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import { builtIn } from '../../extensions.ts';
import { squash } from '../../match/squash.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { samplePrograms } from '../../testing/elf-writer.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { tar } from '../../testing/tar-writer.ts';
import { analyzeLayers, analyzeStream } from './analyze-layers.ts';

const { generic, golang } = samplePrograms;
const jar = zipSync({
  'readme.txt': Buffer.from('A text'),
  'org/yaml/A.class': Buffer.alloc(0),
  'META-INF/maven/org.yaml/snakeyaml/pom.properties': Buffer.from(
    'groupId=org.yaml\nartifactId=snakeyaml\nversion=1.26\n',
  ),
});

/** Files by their paths, each with the kind of evidence that remains. */
const programs: readonly (readonly [path: string, content: Uint8Array, kind: string])[] = [
  ['app/ls.kar', generic, 'generic'],
  ['app/ls.rar', generic, 'generic'],
  ['app/shop.sar', golang, 'golang'],
  ['app/node_modules/a/package.json', generic, 'generic'],
  ['usr/lib/R/library/a/DESCRIPTION', generic, 'generic'],
  ['app/requirements.txt', generic, 'generic'],
  // The packages of an archive behind a program are not those of the program.
  ['app/run.jar', Buffer.concat([generic, jar]), 'generic'],
  ['app/run.rar', Buffer.concat([generic, jar]), 'generic'],
  ['app/run.exe', Buffer.concat([Buffer.from('MZ'.padEnd(100)), jar]), 'maven'],
  ['app/run.dat', jar, 'maven'],
];

async function indexOfArchive(path: string, content: Uint8Array): Promise<LayerIndex> {
  async function* pieces() {
    yield Buffer.from(tar([{ path, content }]));
  }
  return await analyzeStream({ name: 'layer', claims: {}, bytes: pieces() }, builtIn, {
    verify: true,
    links: [],
  });
}

test('keeps a program as evidence whatever the name of its file means', async (t) => {
  const directory = temporaryDirectory(t);
  for (const [path, content, kind] of programs) {
    const root = join(directory, kind, path.replaceAll('/', '_'));
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
    const place = { kind: 'directory', path: root } as const;
    const layers = [
      await indexOfArchive(path, content),
      ...(await analyzeLayers([{ place, compression: 'none', sizeBytes: 0 }], builtIn, {
        verify: false,
        links: [],
      })),
    ];
    for (const layer of layers) {
      const { evidence } = squash([layer], { patterns: [], links: [] });
      assert.deepEqual(evidence.found, [{ kind, path }]);
    }
  }
});
