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

/** Creates a temporary directory with modules, given by path and source. */
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

/** Returns the source of a module with a lister that has this body. */
function listerModule(body: string, more = ''): string {
  return `export const plugin = { ${header}, listers: [{ name: 'acme', version: 1, wants: ['etc/acme'], *list(files) { ${body} } ${more}}] };`;
}

/** Returns the events that a lister with this body yields for a file, within these bounds. */
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

const rocket =
  "yield { kind: 'package', path: 'etc/acme', package: { type: 'acme', name: 'rocket', version: '1.0' } };";

test('runs the lister of a plugin on its thread, with copies of the files', async (t) => {
  const body = `const text = new TextDecoder().decode(files.get('etc/acme')); const [name, version] = text.split(' ');
    yield { kind: 'package', path: 'etc/acme', package: { type: 'acme', name, version } };`;
  assert.deepEqual(await listInThread(t, body), [
    { kind: 'package', path: 'etc/acme', package: { type: 'acme', name: 'rocket', version: '1.0' } },
  ]);
});

test('fails only the current request when a lister loops, exhausts memory, throws or exits', async (t) => {
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
    'it exceeded its time limit of 3 s and was terminated',
    '1 listed',
    'it exceeded its memory limit of 64 MiB and was terminated',
    '1 listed',
    'not today',
    '1 listed',
    'it exited its thread',
    '1 listed',
  ]);
});

test('completes pending requests when the thread is disposed', async (t) => {
  const plugins = await loadPlugins(['./a.js'], directoryOf(t, { 'a.js': listerModule(rocket) }));
  const thread = new PluginThread(script, bounds);
  const [remote] = remoteAnalyzers(describeAnalyzers(plugins), thread).listers;
  const pending = remote?.listRemotely(new Map([['etc/acme', Buffer.from('x')]]));
  const ended = thread[Symbol.asyncDispose]();
  assert.equal((await pending)?.length, 1);
  await ended;
});

test('returns every kind of event when a lister yields it', async (t) => {
  const all: readonly ListerEvent[] = [
    {
      kind: 'package',
      path: 'etc/acme',
      package: {
        type: 'rpm',
        name: 'rocket',
        version: '1.0-1',
        arch: 'x86_64',
        modularity: 'rocket:1:2:3',
        source: { name: 'rockets', version: '1.0-1' },
        vendor: 'Acme, Inc.',
        licence: 'MIT and GPL',
      },
    },
    { kind: 'problem', path: 'etc/acme', problem: 'line 2 is cut short' },
    { kind: 'read-with', path: 'etc/acme', readWith: 'etc/acme-log' },
    { kind: 'owned-files', path: 'etc/acme', owner: 'rocket', files: ['usr/lib/rocket.js'] },
    { kind: 'diversion', path: 'etc/acme', diversion: { from: 'bin/a', to: 'bin/a.real', by: 'rocket' } },
    { kind: 'repositories', path: 'etc/acme', repositories: ['rockets-for-9'] },
  ];
  assert.deepEqual(await listInThread(t, `yield* ${JSON.stringify(all)};`), all);
});

test('replaces an event by a problem when it is malformed', async (t) => {
  const [first, ...problems] = await listInThread(
    t,
    `${rocket} yield { kind: 'package', path: 'etc/acme', package: { type: 'acme', name: 'a b', version: '1' } };
     yield { kind: 'problem', path: 'etc/acme', problem: 'line\\n2' }; yield 7; yield { kind: 'package', path: 'x', package: { name: 'y' } };
     yield { path: 'x', package: { type: 'acme', name: 'y', version: '1' } }; yield { kind: 'problem', path: 'x', problem: 'y', owner: 'z' };`,
  );
  assert.ok(first && first.kind === 'package');
  assert.deepEqual(
    problems.map((event) => (event.kind === 'problem' ? event.problem : undefined)),
    [
      'listed item 2 is malformed at package.name: not one word of printable ASCII',
      'listed item 3 is malformed at problem: it has control characters',
      'listed item 4 is malformed: not the expected object',
      'listed item 5 is malformed at package.type: not the expected string',
      'listed item 6 is malformed at kind: must be one of package, problem, no-package, read-with, owned-files, diversion, repositories',
      'listed item 7 is malformed: unknown field "owner"',
    ],
  );
  await assert.rejects(listInThread(t, 'yield () => 1;'), /could not be cloned/);
  const many = await listInThread(t, `for (let i = 0; i < 20_005; i++) ${rocket}`);
  assert.equal(many.length, 20_001);
  assert.match(JSON.stringify(many.at(-1)), /more than 20000 items/);
});

test('loads plugins by path, directory and package name, also in TypeScript', async (t) => {
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

test('passes the ecosystem, the version scheme and the separator of a lister to other threads', async (t) => {
  const ecosystem = "ecosystem: { name: 'acme', versionScheme: 'semver' }";
  const more = `, ${ecosystem}, versionScheme: 'pep440', purlSeparator: ':'`;
  const plugins = await loadPlugins(['./a.js'], directoryOf(t, { 'a.js': listerModule(rocket, more) }));
  await using thread = new PluginThread(script, bounds);
  const [remote] = remoteAnalyzers(structuredClone(describeAnalyzers(plugins)), thread).listers;
  assert.deepEqual(remote?.ecosystem, { name: 'acme', versionScheme: 'semver' });
  assert.equal(remote.versionScheme, 'pep440');
  assert.equal(remote.purlSeparator, ':');
});

test('loads a plugin again when its code changed', async (t) => {
  const directory = directoryOf(t, { 'a.js': listerModule(rocket) });
  const [before] = await loadPlugins(['./a.js'], directory);
  writeFileSync(join(directory, 'a.js'), listerModule(rocket).replace("'1.0.0'", "'2.0.0'"));
  const [after] = await loadPlugins(['./a.js'], directory);
  assert.deepEqual([before?.plugin.version, after?.plugin.version], ['1.0.0', '2.0.0']);
  assert.notEqual(before?.module, after?.module);
});

test('states what to fix and where when a plugin is invalid', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    '': /the module must export an object named plugin/,
    'export default {};': /the module must export an object named plugin/,
    "export const plugin = { name: 'a', version: '1' };":
      /it provides no extensions: add at least one of detectors, listers,/,
    "export const plugin = { name: 'A b', version: '1', listers: [] };":
      /name must consist of lower-case letters/,
    "export const plugin = { name: 'a', listers: [] };": /version must be a string/,
    "export const plugin = { name: 'a', version: '1', lister: [] };":
      /unknown key lister; a plugin has name, version, detectors/,
    "export const plugin = { name: 'a', version: '1', listers: {} };": /listers must be an array/,
    "export const plugin = { name: 'a', version: '1', listers: [{ name: 'b', version: 0, wants: ['/etc/x'] }] };":
      /listers\[0\]\.version must be at least 1; listers\[0\]\.wants\[0\] must be a path without a leading slash.*; listers\[0\]\.list must be a function/,
    "export const plugin = { name: 'a', version: '1', listers: [{ name: 'b', version: 1, wants: ['a/*/b', 'a/*/b/c'], list() {} }] };":
      /: listers\[0\]\.wants\[1\] must be a path [^;]*; or \*\*\/ and one to five names, [^;]*$/,
    "export const plugin = { name: 'a', version: '1', detectors: [{ name: 'b', version: 1, wants: ['a', '**/b.txt'], detect() {} }] };":
      /: detectors\[0\]\.wants\[1\] must be a path [^;]*; \*\*\/ is for listers only$/,
    "export const plugin = { name: 'a', version: '1', listers: [{ name: 'b', version: 1, wants: ['', 'a'], versionScheme: 7, list() {} }] };":
      /: listers\[0\]\.wants\[0\] must be a path .*; listers\[0\]\.versionScheme must be a string$/,
    "export const plugin = { name: 'a', version: '1', detectors: [{ name: 'b', version: 1, wants: [], detect() {} }] };":
      /detectors\[0\]\.wants must have at least one path/,
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
    ['./missing.js', /cannot be found: No such file or directory/],
    ['../nowhere', /cannot be found: No such file or directory/],
    ['no-such-package', /cannot be found: no package of this name is installed/],
    ['empty', /cannot be found: .*empty.package\.json names no module to import/],
  ] as const)
    await assert.rejects(loadPlugins([name], directory), why);
});

test('tries detectors of plugins first, and refuses a name when it is taken', async (t) => {
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
  await assert.rejects(
    extended({ 'a.js': module('a', format('json')) }),
    /clair itself already uses the name json/,
  );
  await assert.rejects(
    extended({ 'a.js': module('a', format('x')), 'b.js': module('b', format('x')) }),
    /b\.js cannot be used: .*a\.js already uses the name x/,
  );
  await assert.rejects(
    extended({ 'a.js': module('a', format('x')), 'b.js': module('a', format('y')) }),
    /already uses the name a \(plugins\)/,
  );
});
