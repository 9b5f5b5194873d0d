import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import { limits } from '../../core/limits.ts';
import type { LoadBytes } from '../../kit/bytes/file-pages.ts';
import { walkBySeeking } from '../../kit/tar/walk-by-seeking.ts';
import { TarWalker } from '../../kit/tar/walker.ts';
import { ZipDirectory } from '../../kit/zip/directory.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { type CollectedLayer, LayerCollector } from './collector.ts';
import { memberFilter } from './member-filter.ts';
import { type FileListing, type ImmediateListing, PackageFileCollector } from './package-file-collector.ts';
import { WantedPaths } from './wanted-paths.ts';

const wanted = new WantedPaths(['etc/os-release', '**/node_modules/*/package.json', '**/*.gemspec']);
const path = 'app/node_modules/ms/package.json';

function collect(...entries: readonly TarEntryPlan[]): CollectedLayer {
  const collector = new LayerCollector(wanted);
  const walker = new TarWalker(collector.visit, memberFilter(wanted, collector));
  walker.push(Buffer.from(tar(entries)));
  walker.end();
  return collector.finish();
}

function textsOf({ packageFiles }: CollectedLayer): Record<string, string> {
  return Object.fromEntries(
    Array.from(packageFiles.files, ([at, bytes]) => [at, Buffer.from(bytes).toString()]),
  );
}

test('collects files at any depth and no others', () => {
  const layer = collect(
    { path, content: 'a' },
    { path: 'node_modules/x/package.json', content: 'b' },
    { path: 'gems/x.gemspec', content: 'c' },
    { path: 'app/package.json', content: 'd' },
    { path: 'app/node_modules/ms/lib/package.json', content: 'e' },
    { path: 'etc/os-release', content: 'f' },
  );
  assert.deepEqual(textsOf(layer), {
    [path]: 'a',
    'node_modules/x/package.json': 'b',
    'gems/x.gemspec': 'c',
  });
  assert.deepEqual([...layer.files.keys()], ['etc/os-release']);
});

test('keeps the last of several members, and the content that a hard link shared', () => {
  const link = 'app/node_modules/copy/package.json';
  const layer = collect(
    { path, content: 'old' },
    { path: link, type: 'hardlink', target: path },
    { path, content: 'new' },
  );
  assert.deepEqual(textsOf(layer), { [path]: 'new', [link]: 'old' });
});

test('names links to other files, which hide the files of lower layers', () => {
  const layer = collect(
    { path, content: 'a' },
    { path, target: '../elsewhere' },
    { path: 'b/node_modules/x/package.json', type: 'hardlink', target: 'store/1' },
  );
  assert.deepEqual(textsOf(layer), {});
  assert.deepEqual([...layer.packageFiles.others], [path, 'b/node_modules/x/package.json']);
});

/** Visits files of these sizes, whose bytes are not needed. */
function visitSizes(collector: PackageFileCollector, sizes: readonly number[]): void {
  for (const [i, size] of sizes.entries()) {
    const at = `node_modules/${i}/package.json`;
    collector.visit({ path: at, type: 'file', size, target: '', offset: 0 });
  }
}

test('reads no file beyond the limits, and says which', () => {
  const collector = new PackageFileCollector(wanted, { isAlone: true });
  visitSizes(collector, [limits.packageFileBytes + 1, ...[1, 2, 3, 4].map(() => limits.packageFileBytes)]);
  const { unread, others } = collector.finish();
  assert.deepEqual([...unread.keys()], ['node_modules/0/package.json', 'node_modules/4/package.json']);
  assert.deepEqual([...others], [...unread.keys()]);
});

test('refuses a layer that is too large beside another one, so that it is read alone', () => {
  const sizes = [limits.threadPackageFileBytes, 1];
  assert.throws(
    () => {
      visitSizes(new PackageFileCollector(wanted, { isAlone: false }), sizes);
    },
    { code: 'limit-exceeded', limit: 'keptLayerBytes' },
  );
  visitSizes(new PackageFileCollector(wanted, { isAlone: true }), sizes);
});

/** Lists files with a suffix at once: one event with the content as its text. Records the content of each call. */
function immediate(suffix: string, calls: string[]): ImmediateListing {
  return {
    isWanted: (at) => at.endsWith(suffix),
    entriesOf: () => undefined,
    beginningBytesOf: () => undefined,
    list: (at, content) => {
      const problem = Buffer.from(content).toString();
      calls.push(problem);
      return [{ lister: 'x', events: [{ kind: 'problem', path: at, problem }] }];
    },
    programParts: new Set(),
    programTexts: () => [],
    listProgram: () => [],
  };
}

test('passes the beginning of a file of any size, and needs no further bytes', () => {
  const calls: string[] = [];
  const listing = { ...immediate('.onnx', calls), beginningBytesOf: () => 4 };
  const collector = new PackageFileCollector(new WantedPaths(['**/*.onnx']), { isAlone: true, listing });
  const visit = (at: string, size: number) =>
    collector.visit({ path: at, type: 'file', size, target: '', offset: 0 });
  const large = visit('a.onnx', 2 ** 40);
  assert.ok(large);
  large.write(Buffer.from('abc'));
  assert.equal(large.isSated, false);
  large.write(Buffer.from('defg'));
  assert.equal(large.isSated, true);
  large.close();
  const small = visit('b.onnx', 2);
  assert.ok(small);
  small.write(Buffer.from('xy'));
  assert.equal(small.isSated, true);
  small.close();
  assert.deepEqual(calls, ['abcd', 'xy']);
  assert.equal(collector.finish().unread.size, 0);
});

test('lists a large file as soon as it is read, and keeps only the result', () => {
  const calls: string[] = [];
  const collector = new LayerCollector(wanted, { listNow: () => immediate('.gemspec', calls) });
  const walker = new TarWalker(collector.visit, memberFilter(wanted, collector));
  walker.push(
    Buffer.from(
      tar([
        { path: 'a.gemspec', content: 'long content' },
        { path: 'b.gemspec', content: 'b' },
        { path: 'c.gemspec', type: 'hardlink', target: 'a.gemspec' },
        { path: 'b.gemspec', content: 'new' },
        { path: 'd.gemspec', type: 'hardlink', target: 'elsewhere' },
        { path, content: 'kept' },
      ]),
    ),
  );
  walker.end();
  const { files, listed, others } = collector.finish().packageFiles;
  assert.deepEqual(calls, ['long content', 'b', 'new']);
  assert.deepEqual([...files.keys()], [path]);
  assert.deepEqual([...others], ['d.gemspec']);
  const problemAt = (at: string, problem: string) => [
    at,
    [{ lister: 'x', events: [{ kind: 'problem', path: at, problem }] }],
  ];
  assert.deepEqual([...listed].sort(), [
    problemAt('a.gemspec', 'long content'),
    problemAt('b.gemspec', 'new'),
    problemAt('c.gemspec', 'long content'),
  ]);
});

test('keeps only the needed files of an archive that is too large to be held', () => {
  const zip = zipSync({ 'a.class': Buffer.from('code'), 'a.txt': Buffer.from('text') }, { level: 0 });
  const contents: string[] = [];
  const collector = new PackageFileCollector(wanted, {
    isAlone: true,
    listing: {
      ...immediate('.gemspec', []),
      entriesOf: () => (name) => name.endsWith('.txt'),
      list: (_, content) => {
        const archive = new ZipDirectory(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
        const [entry] = archive.wanted((bytes, _start, end) => bytes[end - 1] === 0x74, 10).entries;
        if (entry !== undefined) contents.push(archive.content(entry, 100).toString());
        contents.push(String(Buffer.from(content.subarray(-zip.length)).includes('code')));
        return [];
      },
    },
  });
  const size = limits.archiveFileBytes + zip.length;
  const entry = { path: 'a.gemspec', type: 'file', size, target: '', offset: 0 } as const;
  const sink = collector.visit(entry);
  const zeros = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < limits.archiveFileBytes; at += zeros.length) sink?.write(zeros);
  sink?.write(Buffer.from(zip));
  sink?.close();
  assert.deepEqual(contents, ['text', 'false']);
});

/** Returns the text of the file `a.txt` in an archive, with the kind of its listing. */
function listText(content: Uint8Array, load?: LoadBytes): FileListing[] {
  const archive = new ZipDirectory(Buffer.from(content.buffer, content.byteOffset, content.byteLength), {
    ...(load && { load }),
  });
  const [entry] = archive.wanted((names, start) => names[start] === 0x61, 10).entries;
  const problem = entry === undefined ? 'no file' : archive.content(entry, 100).toString();
  return [
    { lister: load === undefined ? 'whole' : 'parts', events: [{ kind: 'problem', path: 'x', problem }] },
  ];
}

test('reads only the needed parts of archives on disk', (context) => {
  const archiveOf = (text: string, fill: number): Uint8Array =>
    zipSync({ 'large.bin': Buffer.alloc(200_000, fill), 'a.txt': Buffer.from(text) }, { level: 0 });
  const layer = tar([
    { path: 'a.gemspec', content: archiveOf('first', 1) },
    { path: 'b.gemspec', content: archiveOf('second', 2) },
    { path: 'c.gemspec', type: 'hardlink', target: 'a.gemspec' },
    { path, content: 'kept' },
  ]);
  const directory = mkdtempSync(join(tmpdir(), 'clair-collector-'));
  // The layer begins behind other bytes, as in an archive of `docker save`.
  writeFileSync(join(directory, 'image'), Buffer.concat([Buffer.alloc(1000), layer]));
  const file = openSync(join(directory, 'image'), 'r');
  context.after(() => {
    closeSync(file);
    rmSync(directory, { recursive: true });
  });
  const range = { file, offset: 1000, size: layer.length };
  let bytesOfFirst: Buffer | undefined;
  const listing: ImmediateListing = {
    ...immediate('.gemspec', []),
    entriesOf: () => () => true,
    list: (_, content, load) => {
      const listings = listText(content, load);
      bytesOfFirst ??= Buffer.from(content);
      return listings;
    },
  };
  const collector = new LayerCollector(wanted, { listNow: () => listing, source: range });
  const walker = new TarWalker(collector.visit, memberFilter(wanted, collector));
  walkBySeeking(range, walker);
  const collected = collector.finish();
  const problemOf = ([at, [found]]: [string, readonly FileListing[]]): unknown => [
    at,
    found?.lister,
    found?.events.map((event) => event.kind === 'problem' && event.problem),
  ];
  assert.deepEqual([...collected.packageFiles.listed].map(problemOf), [
    ['a.gemspec', 'parts', ['first']],
    ['b.gemspec', 'parts', ['second']],
    ['c.gemspec', 'parts', ['first']],
  ]);
  assert.deepEqual(textsOf(collected), { [path]: 'kept' });
  assert.notEqual(bytesOfFirst?.[100_000], 1);
});

test('reads no archive that is too large or sparse, and says which', () => {
  const collector = new PackageFileCollector(wanted, { isAlone: false, listing: immediate('.gemspec', []) });
  const visit = (at: string, size: number, sparse?: 'gnu'): void => {
    collector.visit({
      path: at,
      type: 'file',
      size,
      target: '',
      offset: 0,
      ...(sparse && { sparse: { realSize: size, map: [] } as never }),
    });
  };
  visit('a.gemspec', limits.archiveFileBytes + 1);
  visit('b.gemspec', 10, 'gnu');
  const { unread, others } = collector.finish();
  assert.deepEqual([...unread.keys()], ['a.gemspec', 'b.gemspec']);
  assert.deepEqual([...others], [...unread.keys()]);
});
