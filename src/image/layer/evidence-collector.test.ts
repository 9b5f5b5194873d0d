import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { limits } from '../../core/limits.ts';
import { TarWalker } from '../../kit/tar/walker.ts';
import { samplePrograms, writeElf } from '../../testing/elf-writer.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { type CollectedLayer, LayerCollector } from './collector.ts';
import type { CollectedEvidence } from './evidence-collector.ts';
import { memberFilter } from './member-filter.ts';
import { WantedPaths } from './wanted-paths.ts';

const wanted = new WantedPaths(['etc/os-release']);

/** Returns the evidence in a layer with these members, read in chunks of `pieceBytes`. */
function collect(entries: Iterable<TarEntryPlan>, pieceBytes: number = 1 << 20): CollectedEvidence {
  return collectLayer(wanted, entries, { pieceBytes }).evidence;
}

/** Returns what a layer with these members has, read in chunks of `pieceBytes`. */
function collectLayer(
  paths: WantedPaths,
  entries: Iterable<TarEntryPlan>,
  { pieceBytes = 1 << 20, isFiltered = true } = {},
): CollectedLayer {
  const collector = new LayerCollector(paths);
  const walker = new TarWalker(collector.visit, isFiltered ? memberFilter(paths, collector) : undefined);
  const archive = Buffer.from(tar(entries));
  for (let at = 0; at < archive.length; at += pieceBytes) walker.push(archive.subarray(at, at + pieceBytes));
  walker.end();
  return collector.finish();
}

function found(entries: Iterable<TarEntryPlan>, pieceBytes?: number): Record<string, readonly string[]> {
  return Object.fromEntries(collect(entries, pieceBytes).found.map(({ kind, paths }) => [kind, paths]));
}

/** Returns the start of a zip archive whose first member has this name. */
function zip(name: string): Buffer {
  const header = Buffer.alloc(64);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt16LE(name.length, 26);
  header.write(name, 30);
  return header;
}

/** Returns a zip archive of a text and a file of this name. */
function wholeZip(name: string): Uint8Array {
  return zipSync({ 'readme.txt': Buffer.from('Read me'), [name]: Buffer.from('content') });
}

/** Returns the start of a portable executable, with or without a .NET header. `start` is the place of its file header. */
function portable(runTimeHeader: number, start: number = 128): Buffer {
  const bytes = Buffer.alloc(start + 896);
  bytes.write('MZ');
  bytes.writeUInt32LE(start, 60);
  bytes.write('PE\0\0', start);
  bytes.writeUInt16LE(0x20b, start + 24);
  bytes.writeUInt32LE(runTimeHeader, start + 24 + 112 + 14 * 8);
  return bytes;
}

/** Returns a program of Go with other bytes for its width and byte order. */
function goProgram(width: number, order: number): Buffer {
  const bytes = Buffer.from(samplePrograms.golang);
  bytes.set([width, order], 4);
  return bytes;
}

const description = `Package: jsonlite\nVersion: 1.8\nDescription: ${'x'.repeat(3000)}\nBuilt: R 4.2.2; ; 2023; unix\n`;

const byContent: readonly (readonly [path: string, content: string | Uint8Array, kind: string])[] = [
  ['opt/run', samplePrograms.generic, 'generic'],
  ['opt/server.bin', samplePrograms.golang, 'golang'],
  ['opt/tool', samplePrograms.cargo, 'cargo'],
  ['opt/plugin.txt', writeElf({ type: 2 }), 'generic'],
  ['opt/engine.js', samplePrograms.generic, 'generic'],
  ['opt/start', `#!/bin/sh\nexec java -jar $0\n${zip('META-INF/').toString('latin1')}`, 'maven'],
  ['opt/archive', zip('META-INF/MANIFEST.MF'), 'maven'],
  [
    'usr/local/bin/rebar3',
    `#!/usr/bin/env escript\n%%\n${zip('rebar/ebin/rebar.app').toString('latin1')}`,
    'hex',
  ],
  ['usr/local/bin/tool', `#! /usr/bin/env escript\n${zip('tool.beam').toString('latin1')}`, 'hex'],
  ['opt/app', `#!/usr/bin/env python3\n${zip('__main__.py').toString('latin1')}`, 'pypi'],
  ['app/lib/log4j.dat', wholeZip('org/apache/A.class'), 'maven'],
  [
    'opt/long',
    Buffer.concat([Buffer.from(`#!/usr/bin/env python3\n${'#'.repeat(1100)}\n`), wholeZip('__main__.py')]),
    'pypi',
  ],
  ['opt/model.onnx', wholeZip('org/apache/A.class'), 'ai-model'],
  ['opt/Lib.dll', portable(1), 'nuget'],
  ['opt/lib.far', portable(1), 'nuget'],
  ['opt/Far.dll', portable(1, 2000), 'nuget'],
  ['opt/Split.dll', portable(1, 980), 'nuget'],
  ['opt/unstated', goProgram(0, 0), 'golang'],
  ['opt/big', goProgram(2, 2), 'golang'],
  ['opt/narrow', goProgram(1, 1), 'golang'],
  ['app/tool.kar', samplePrograms.cargo, 'cargo'],
  ['app/script.jar', zip('app/__main__.py'), 'pypi'],
  ['app/.pnp.cjs', `(()=>{var __webpack_modules__={${'x'.repeat(2000)}`, 'npm'],
  ['app/setup.par', portable(0), 'maven'],
  ['usr/lib/R/library/jsonlite/DESCRIPTION', description, 'cran'],
  ['srv/dist/main.js', `(()=>{var __webpack_modules__={${'x'.repeat(2000)}`, 'bundled-js'],
];

test('detects evidence by content, whatever the names and the chunk size', () => {
  for (const [path, content, kind] of byContent)
    for (const pieceBytes of [1, 100, 512, 1 << 20])
      assert.deepEqual(
        found([{ path, content }], pieceBytes),
        { [kind]: [path] },
        `${path} by ${pieceBytes}`,
      );
});

test('detects a short bundle wherever the archive is cut into chunks', () => {
  const content = '(()=>{var __webpack_modules__={}})()'.padEnd(900);
  for (const path of ['opt/short.js', 'var/www/short.js'])
    for (const pieceBytes of [1, 512, 1 << 20])
      assert.deepEqual(found([{ path, content }], pieceBytes), { 'bundled-js': [path] });
});

test('ignores files that only resemble evidence', () => {
  const others: readonly TarEntryPlan[] = [
    { path: 'usr/lib/modules/x.ko', content: writeElf({ type: 1 }) },
    { path: 'opt/setup.exe', content: portable(0) },
    { path: 'opt/data', content: zip('word/document.xml') },
    { path: 'opt/text.docx', content: wholeZip('word/document.xml') },
    { path: 'src/DESCRIPTION', content: 'Package: a\nVersion: 1\nTitle: the sources of a package of R\n' },
    { path: 'srv/small.js', content: `module.exports = ${'1 + '.repeat(500)} 1` },
    {
      path: 'app/node_modules/a/dist/index.js',
      content: `(()=>{var __webpack_modules__={${'x'.repeat(2000)}`,
    },
    { path: 'bin/sh', content: '#!/bin/busybox sh\n'.repeat(10) },
    { path: 'opt/dir/', content: '' },
  ];
  for (const pieceBytes of [512, 1 << 20]) assert.deepEqual(found(others, pieceBytes), {});
});

test('removes a program when a later member of the layer replaces it', () => {
  const path = 'opt/run';
  assert.deepEqual(
    found([
      { path, content: samplePrograms.generic },
      { path: 'opt/x', content: samplePrograms.golang },
    ]),
    {
      golang: ['opt/x'],
      generic: [path],
    },
  );
  const script = `#!/bin/sh\n${'echo\n'.repeat(30)}`;
  assert.deepEqual(
    found([
      { path, content: samplePrograms.generic },
      { path, content: script },
    ]),
    {},
  );
});

test('forgets that a file with the name of an archive was a program when a later member replaces it', () => {
  const path = 'opt/run.kar';
  const members = [
    { path, content: samplePrograms.golang },
    { path, content: zip('META-INF/') },
  ];
  assert.deepEqual(found(members), { maven: [path] });
});

test('removes evidence when a later member of any type and content replaces it', () => {
  const path = 'opt/run';
  const program = { path, content: samplePrograms.generic };
  const link = { path, target: 'opt/x', type: 'hardlink' } as const;
  const later: readonly TarEntryPlan[] = [
    { path, content: 'plain text' },
    { path, content: '' },
    { path, target: 'etc/hosts' },
    { path, target: 'etc/hosts', type: 'symlink' },
    { path, type: 'fifo' },
  ];
  for (const before of [program, link])
    for (const replacement of later)
      for (const pieceBytes of [1, 1 << 20]) {
        const evidence = collect([before, replacement], pieceBytes);
        assert.deepEqual([evidence.found, evidence.links], [[], []], JSON.stringify(replacement));
      }
  assert.deepEqual(collect([link, { path, type: 'directory' }]).links, []);
});

const memberTypes = ['symlink', 'hardlink', 'directory', 'fifo', 'contiguous'] as const;
const anyMember: fc.Arbitrary<TarEntryPlan> = fc
  .record({
    path: fc.constantFrom('opt/a', 'opt/b', 'opt/c.jar', 'srv/node_modules/x', 'srv/x/package.json', 'srv'),
    content: fc.constantFrom('', 'text', '#!/bin/sh\n', samplePrograms.generic, samplePrograms.cargo),
    target: fc.constantFrom('opt/a', 'opt/b', 'etc/hosts', '../srv'),
    type: fc.option(fc.constantFrom(...memberTypes), { nil: undefined }),
  })
  .map(({ path, content, target, type }) =>
    type === undefined || type === 'contiguous'
      ? { path, content, ...(type && { type }) }
      : { path, target, type },
  );

test('passes through the filter each member that changes the result, wherever the archive is cut', () => {
  const paths = new WantedPaths(['etc/os-release', '**/package.json']);
  fc.assert(
    fc.property(
      fc.array(anyMember, { maxLength: 8 }),
      fc.constantFrom(1, 512, 700, 1 << 20),
      (members, pieceBytes) => {
        assert.deepEqual(
          collectLayer(paths, members, { pieceBytes }),
          collectLayer(paths, members, { isFiltered: false }),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test('keeps links with names of evidence, and their targets', () => {
  const { links } = collect([
    { path: 'app/node_modules/a', target: '../store/a' },
    { path: 'app/lib/b.jar', target: '/opt/blob' },
    { path: 'usr/bin/python', target: 'python3.12' },
    { path: 'usr/local/bin/tool', target: 'opt/blob', type: 'hardlink' },
    { path: 'usr/share/zoneinfo/UTC', target: 'usr/share/zoneinfo/Zulu', type: 'hardlink' },
  ]);
  assert.deepEqual(links, [
    { by: 'symbolic-link', kind: 'npm', path: 'app/node_modules/a', target: '../store/a' },
    { by: 'symbolic-link', kind: 'maven', path: 'app/lib/b.jar', target: '/opt/blob' },
    { by: 'hard-link', path: 'usr/local/bin/tool', target: 'opt/blob' },
  ]);
});

test('counts a program under its other name when the first one is replaced or removed', () => {
  const first = { path: 'opt/run.js', content: samplePrograms.generic };
  const second = { path: 'opt/x.py', target: 'opt/run.js', type: 'hardlink' } as const;
  const third = { path: 'usr/share/doc/x', target: 'opt/x.py', type: 'hardlink' } as const;
  assert.deepEqual(collect([first, second, third]).links, [
    { by: 'hard-link', path: 'opt/x.py', target: 'opt/run.js' },
    { by: 'hard-link', path: 'usr/share/doc/x', target: 'opt/run.js' },
  ]);
  const replaced = [first, second, { path: 'opt/run.js', content: '//\n'.repeat(1000) }];
  assert.deepEqual(found(replaced), { generic: ['opt/run.js'] });
});

test('passes a link to a directory of packages through the member filter', () => {
  const links = [
    { path: 'app/node_modules', target: '../opt/real' },
    { path: 'app/node_modules/@scope', target: '../../opt/scope' },
    { path: 'wp/wp-content/plugins/akismet', target: '/opt/akismet' },
  ];
  assert.deepEqual(
    collect(links).links.map(({ path }) => path),
    links.map(({ path }) => path),
  );
});

test('detects a sparse file as evidence when it begins as a program', () => {
  const elf = Buffer.from(samplePrograms.generic);
  const sparse = (map: string, data: Uint8Array): TarEntryPlan => ({
    path: 'GNUSparseFile.0/run',
    content: Buffer.concat([Buffer.from(map.padEnd(512, '\0')), data]),
    pax: {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 'opt/run',
      'GNU.sparse.realsize': '1048576',
    },
  });
  assert.deepEqual(found([sparse(`1\n0\n${elf.length}\n`, elf)]), { generic: ['opt/run'] });
  // The start of the file is stored behind other pieces.
  const behind = Buffer.concat([Buffer.alloc(64, 1), elf]);
  assert.deepEqual(found([sparse(`2\n4096\n64\n0\n${elf.length}\n`, behind)]), { generic: ['opt/run'] });
  const archive = Buffer.from(wholeZip('a/B.class'));
  assert.deepEqual(found([sparse(`1\n0\n${archive.length}\n`, archive)]), { generic: ['opt/run'] });
  assert.deepEqual(found([sparse('many\n', elf)]), { generic: ['opt/run'] });
  assert.deepEqual(found([sparse('1\n0\n5\n', Buffer.from('hello'))]), {});
  assert.deepEqual(found([sparse(`1\n4096\n${elf.length}\n`, elf)]), {});
});

test('keeps whiteouts and opaque directories at any path', () => {
  const { whiteouts, opaques } = collect([
    { path: 'app/.wh.node_modules', content: '' },
    { path: 'srv/.wh..wh..opq', content: '' },
    { path: 'etc/.wh.os-release', content: '' },
  ]);
  assert.deepEqual([whiteouts, opaques], [['app/node_modules'], ['srv']]);
});

test('omits evidence beyond the limit of a layer, and names its kind', () => {
  const collector = new LayerCollector(wanted);
  const entry = { type: 'file', size: 0, target: '', offset: 0 } as const;
  for (let i = 0; i < limits.evidencePerLayer; i++)
    collector.visit({ ...entry, path: `app/node_modules/${i}/package.json` });
  assert.deepEqual(collector.finish().evidence.cut, []);
  collector.visit({ ...entry, path: 'app/a.jar' });
  const { found: kept, cut } = collector.finish().evidence;
  assert.deepEqual([kept[0]?.paths.length, cut], [limits.evidencePerLayer, ['maven']]);
});

test('limits the total length of the names of evidence', () => {
  const collector = new LayerCollector(wanted);
  const entry = { type: 'file', size: 0, target: '', offset: 0 } as const;
  for (let i = 0; i < 2000; i++) collector.visit({ ...entry, path: `${'x'.repeat(4000)}/${i}.jar` });
  const { found: kept, cut } = collector.finish().evidence;
  const characters = kept.flatMap(({ paths }) => paths).join('').length;
  assert.ok(
    characters <= limits.evidenceCharactersPerLayer && characters > limits.evidenceCharactersPerLayer - 4100,
  );
  assert.deepEqual(cut, ['maven']);
});

test('ignores markers beyond the limit, so that it counts too much rather than too little', () => {
  const collector = new LayerCollector(wanted);
  const entry = { type: 'file', size: 0, target: '', offset: 0 } as const;
  for (let i = 0; i <= limits.evidenceMarkersPerLayer; i++)
    collector.visit({ ...entry, path: `app/.wh.${i}` });
  assert.equal(collector.finish().evidence.whiteouts.length, limits.evidenceMarkersPerLayer);
});
