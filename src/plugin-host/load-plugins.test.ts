import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failureOf } from '../testing/failure.ts';
import { temporaryDirectory } from '../testing/store-engines.ts';
import { loadPlugins } from './load-plugins.ts';

/** Returns the source of a plugin object with a lister of that name. */
function pluginSource(name: string): string {
  const lister = `{ name: '${name}', version: 1, wants: ['etc/acme'], *list() {} }`;
  return `{ name: '${name}', version: '1.0.0', listers: [${lister}] };\n`;
}

const validModule = `export const plugin = ${pluginSource('acme')}`;

test('states what to change when an ES module is in a CommonJS package', async (t) => {
  const directory = temporaryDirectory(t);
  const manifest = join(directory, 'package.json');
  writeFileSync(manifest, '{"type": "commonjs"}');
  for (const [name, other] of [
    ['acme.ts', 'acme.mts'],
    ['acme.js', 'acme.mjs'],
  ] as const) {
    const path = join(directory, name);
    writeFileSync(path, validModule);
    assert.equal(
      await failureOf(loadPlugins([path], directory)),
      `config-invalid: the plugin ${path} cannot be used: it is an ES module, but ${manifest} has "type": "commonjs": set "type": "module" there, or rename the file to ${other}`,
    );
  }
});

test('loads an .mts file and a CommonJS module when the package is CommonJS', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'package.json'), '{"type": "commonjs"}');
  writeFileSync(join(directory, 'one.mts'), validModule);
  writeFileSync(join(directory, 'two.js'), `exports.plugin = ${pluginSource('other')}`);
  const loaded = await loadPlugins([directory], directory);
  assert.deepEqual(
    loaded.map(({ plugin }) => plugin.name),
    ['acme', 'other'],
  );
});

test('names line and column when a plugin has a syntax error or throws', async (t) => {
  const directory = temporaryDirectory(t);
  for (const [name, code, message] of [
    [
      'types.mts',
      '\nexport const plugin: object = { a: 1 b: 2 };\n',
      /types\.mts:2:38 cannot be used: Expected ','/,
    ],
    [
      'plain.mjs',
      'export const plugin = {\n  a: 1\n  b: 2 };\n',
      /plain\.mjs:3:3 cannot be used: Unexpected identifier 'b'/,
    ],
    ['throws.mjs', '\n\n  null.x;\n', /throws\.mjs:3:8 cannot be used: Cannot read properties of null/],
    [
      'throws.mts',
      '\nconst a: any = null;\na.x;\n',
      /throws\.mts:3:3 cannot be used: Cannot read properties of null/,
    ],
  ] as const) {
    writeFileSync(join(directory, name), code);
    assert.match(await failureOf(loadPlugins([join(directory, name)], directory)), message);
  }
});
