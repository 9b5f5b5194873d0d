import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../core/errors.ts';
import { builtIn } from '../extensions.ts';
import type { ListerEvent } from '../plugin/package-lister.ts';
import { describeAnalyzers } from './analyzer-description.ts';
import { extend } from './extend.ts';
import { loadPlugins } from './load-plugins.ts';
import { type PluginBounds, PluginThread } from './plugin-thread.ts';
import { remoteAnalyzers } from './remote-analyzers.ts';

const script = new URL('../plugin-worker.ts', import.meta.url);
const bounds = { pluginMs: 60_000, pluginHeapBytes: 64 * 1024 ** 2 };

/** A directory with modules, each given as what stands between the braces of its plugin. */
function directoryOf(context: TestContext, modules: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'clair-plugins-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  for (const [name, content] of Object.entries(modules)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

const header = "name: 'acme', version: '1.0.0'";

/** A module whose lister has this body. */
function listerModule(body: string, more = ''): string {
  return `export const plugin = { ${header}, listers: [{ name: 'acme', version: 1, wants: ['etc/acme'], *list(files) { ${body} } ${more}}] };`;
}

/** What the lister of a module makes of a file, under these bounds. */
async function listInThread(
  context: TestContext,
  body: string,
  limited: Partial<PluginBounds> = {},
): Promise<readonly ListerEvent[]> {
  const directory = directoryOf(context, { 'acme.js': listerModule(body) });
  const plugins = await loadPlugins(['./acme.js'], directory);
  await using thread = new PluginThread(script, { ...bounds, ...limited });
  const [remote] = remoteAnalyzers(describeAnalyzers(plugins), thread).listers;
  assert.ok(remote);
  return await remote.listRemotely(new Map([['etc/acme', Buffer.from('rocket 1.0')]]));
}

const rocket = "yield { path: 'etc/acme', package: { type: 'acme', name: 'rocket', version: '1.0' } };";

test('plugin: a lister works on its thread, with copies of the files', async (t) => {
  const body = `const text = new TextDecoder().decode(files.get('etc/acme')); const [name, version] = text.split(' ');
    yield { path: 'etc/acme', package: { type: 'acme', name, version } };`;
  assert.deepEqual(await listInThread(t, body), [
    { path: 'etc/acme', package: { type: 'acme', name: 'rocket', version: '1.0' } },
  ]);
});

test('plugin: who loops, eats memory, throws or leaves costs only its own answer, and the next is answered', async (t) => {
  const directory = directoryOf(t, {
    'a.js': listerModule('for (;;);').replace("name: 'acme', version: '1.0.0'", "name: 'loop', version: '1'"),
    'b.js': listerModule('const all = []; for (;;) all.push(new Array(1e6).fill(1));'),
    'c.js': listerModule("throw new Error('not today');"),
    'd.js': listerModule('process.exit(3);'),
    'e.js': listerModule(rocket),
  });
  await using thread = new PluginThread(script, { ...bounds, pluginMs: 3000 });
  const outcomes: string[] = [];
  for (const name of ['a', 'e', 'b', 'e', 'c', 'e', 'd', 'e']) {
    const plugins = await loadPlugins([`./${name}.js`], directory);
    const [remote] = remoteAnalyzers(describeAnalyzers(plugins), thread).listers;
    const files = new Map([['etc/acme', Buffer.from('x')]]);
    outcomes.push(
      await (remote?.listRemotely(files) ?? Promise.resolve([])).then(
        (listed: readonly ListerEvent[]) => `${listed.length} listed`,
        (error: unknown) => (error as Error).message,
      ),
    );
  }
  assert.deepEqual(outcomes, [
    'it took more than 3 s and was ended',
    '1 listed',
    'it took more memory than there is for it and was ended',
    '1 listed',
    'not today',
    '1 listed',
    'it ended its thread',
    '1 listed',
  ]);
});

test('plugin: what was asked before the thread is ended is answered', async (t) => {
  const plugins = await loadPlugins(['./a.js'], directoryOf(t, { 'a.js': listerModule(rocket) }));
  const thread = new PluginThread(script, bounds);
  const [remote] = remoteAnalyzers(describeAnalyzers(plugins), thread).listers;
  const pending = remote?.listRemotely(new Map([['etc/acme', Buffer.from('x')]]));
  const ended = thread[Symbol.asyncDispose]();
  assert.equal((await pending)?.length, 1);
  await ended;
});

test('plugin: a lister may tell all that the contract has', async (t) => {
  const all: readonly ListerEvent[] = [
    {
      path: 'etc/acme',
      package: {
        ...{ type: 'rpm', name: 'rocket', version: '1.0-1', arch: 'x86_64', modularity: 'rocket:1:2:3' },
        ...{ source: { name: 'rockets', version: '1.0-1' }, vendor: 'Acme, Inc.', licence: 'MIT and GPL' },
      },
    },
    { path: 'etc/acme', problem: 'line 2 is cut short' },
    { path: 'etc/acme', owner: 'rocket', files: ['usr/lib/rocket.js'] },
    { path: 'etc/acme', repositories: ['rockets-for-9'] },
  ];
  assert.deepEqual(await listInThread(t, `yield* ${JSON.stringify(all)};`), all);
});

test('plugin: what a lister tells is checked, and what is nothing costs its own place', async (t) => {
  const [first, ...problems] = await listInThread(
    t,
    `${rocket} yield { path: 'etc/acme', package: { type: 'acme', name: 'a b', version: '1' } };
     yield { path: 'etc/acme', problem: 'line\\n2' }; yield 7; yield { path: 'x', package: { name: 'y' } };`,
  );
  assert.ok(first && 'package' in first);
  assert.deepEqual(
    problems.map((event) => ('problem' in event ? event.problem : undefined)),
    [
      'number 2 of what it told is malformed at package.name: not one word of printable ASCII',
      'number 3 of what it told is malformed at problem: it has control characters',
      'number 4 of what it told is malformed: not the expected object',
      'number 5 of what it told is malformed at package.type: not the expected string',
    ],
  );
  await assert.rejects(listInThread(t, 'yield () => 1;'), /could not be cloned/);
  const many = await listInThread(t, `for (let i = 0; i < 20_005; i++) ${rocket}`);
  assert.equal(many.length, 20_001);
  assert.match(JSON.stringify(many.at(-1)), /more than 20000 things/);
});

test('plugin: paths, directories and packages are found, TypeScript too', async (t) => {
  const named = (name: string): string =>
    `export const plugin = { name: '${name}', version: '1', formats: [] };`;
  const directory = directoryOf(t, {
    'one.ts': `import type { Plugin } from 'nowhere'; export const plugin: Plugin = { name: 'one', version: '1', formats: [] };`,
    'several/b.mjs': named('b'),
    'several/a.js': named('a'),
    'several/a.test.ts': 'throw new Error();',
    'several/types.d.ts': '',
    'several/readme.md': '',
    'node_modules/acme-clair/package.json': '{"type":"module","exports":{".":{"import":"./main.js"}}}',
    'node_modules/acme-clair/main.js': named('packaged'),
  });
  const plugins = await loadPlugins(['./one.ts', './several', 'acme-clair', 'one.ts'], directory);
  assert.deepEqual(
    plugins.map(({ plugin }) => plugin.name),
    ['one', 'a', 'b', 'packaged'],
  );
});

test('plugin: where versions of a lister mean something, and how they order, is known on other threads', async (t) => {
  const more = ", ecosystem: { name: 'acme', versionScheme: 'semver' }, versionScheme: 'pep440'";
  const plugins = await loadPlugins(['./a.js'], directoryOf(t, { 'a.js': listerModule(rocket, more) }));
  await using thread = new PluginThread(script, bounds);
  const [remote] = remoteAnalyzers(structuredClone(describeAnalyzers(plugins)), thread).listers;
  assert.deepEqual(remote?.ecosystem, { name: 'acme', versionScheme: 'semver' });
  assert.equal(remote.versionScheme, 'pep440');
});

test('plugin: changed code is loaded anew', async (t) => {
  const directory = directoryOf(t, { 'a.js': listerModule(rocket) });
  const [before] = await loadPlugins(['./a.js'], directory);
  writeFileSync(join(directory, 'a.js'), listerModule(rocket).replace("'1.0.0'", "'2.0.0'"));
  const [after] = await loadPlugins(['./a.js'], directory);
  assert.deepEqual([before?.plugin.version, after?.plugin.version], ['1.0.0', '2.0.0']);
  assert.notEqual(before?.module, after?.module);
});

test('plugin: an author is told what to mend, and where', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    '': /the module has to export an object named plugin/,
    'export default {};': /the module has to export an object named plugin/,
    "export const plugin = { name: 'a', version: '1' };": /it brings nothing: one of detectors, listers,/,
    "export const plugin = { name: 'A b', version: '1', listers: [] };": /name has to be of small letters/,
    "export const plugin = { name: 'a', listers: [] };": /version has to be a text/,
    "export const plugin = { name: 'a', version: '1', lister: [] };":
      /lister is nothing that a plugin brings/,
    "export const plugin = { name: 'a', version: '1', listers: {} };": /listers has to be a list/,
    "export const plugin = { name: 'a', version: '1', listers: [{ name: 'b', version: 0, wants: ['/etc/x'] }] };":
      /listers\[0\]\.version has to be at least 1; listers\[0\]\.wants\[0\] has to be a path without a leading slash.*; listers\[0\]\.list has to be a function/,
    "export const plugin = { name: 'a', version: '1', listers: [{ name: 'b', version: 1, wants: ['a/*/b', 'a/*/b/c'], list() {} }] };":
      /: listers\[0\]\.wants\[1\] has to be a path [^;]*$/,
    "export const plugin = { name: 'a', version: '1', listers: [{ name: 'b', version: 1, wants: ['', 'a'], versionScheme: 7, list() {} }] };":
      /: listers\[0\]\.wants\[0\] has to be a path [^;]*; listers\[0\]\.versionScheme has to be a text$/,
    "export const plugin = { name: 'a', version: '1', detectors: [{ name: 'b', version: 1, wants: [], detect() {} }] };":
      /detectors\[0\]\.wants has to name a path/,
    'export const plugin = {': /cannot be used: /,
    "throw new Error('no');": /cannot be used: no/,
  };
  for (const [code, message] of Object.entries(cases)) {
    const directory = directoryOf(t, { 'a.js': code });
    await assert.rejects(loadPlugins(['./a.js'], directory), (error) => {
      assert.ok(error instanceof ClairError);
      assert.equal(error.code, 'config-invalid');
      assert.match(error.message, message);
      return true;
    });
  }
  const directory = directoryOf(t, { 'node_modules/empty/package.json': '{"exports":{}}' });
  for (const [name, why] of [
    ['./missing.js', /is not there: No such file or directory/],
    ['../nowhere', /is not there: No such file or directory/],
    ['no-such-package', /is not there: no package of that name is installed here/],
    ['empty', /is not there: .*empty.package\.json names no module that can be imported/],
  ] as const)
    await assert.rejects(loadPlugins([name], directory), why);
});

test('plugin: names that somebody has are refused, and detectors of plugins are asked first', async (t) => {
  const module = (name: string, extension: string): string =>
    `export const plugin = { name: '${name}', version: '1', ${extension} };`;
  const format = (name: string): string =>
    `formats: [{ name: '${name}', mediaType: 'text/plain', write() {} }]`;
  const extended = async (modules: Readonly<Record<string, string>>) => {
    const directory = directoryOf(t, modules);
    const plugins = await loadPlugins(['.'], directory);
    await using thread = new PluginThread(script, bounds);
    return extend(builtIn, plugins, remoteAnalyzers(describeAnalyzers(plugins), thread));
  };
  const detector = "detectors: [{ name: 'x-release', version: 1, wants: ['etc/x'], detect() {} }]";
  const { detectors, formats } = await extended({ 'a.js': module('a', `${detector}, ${format('b')}`) });
  assert.deepEqual([detectors[0]?.name, formats.at(-1)?.name], ['x-release', 'b']);
  await assert.rejects(extended({ 'a.js': module('a', format('json')) }), /clair itself has json already/);
  await assert.rejects(
    extended({ 'a.js': module('a', format('x')), 'b.js': module('b', format('x')) }),
    /b\.js cannot be used: .*a\.js has x already/,
  );
  await assert.rejects(
    extended({ 'a.js': module('a', format('x')), 'b.js': module('a', format('y')) }),
    /among the plugins/,
  );
});
