import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsWith } from '../../src/config/settings.ts';
import * as lists from '../../src/extensions.ts';
import { validatePlugin } from '../../src/plugin-host/validate-plugin.ts';
import { absolutePath, filesLike } from './tree.ts';

/** The members that identify each contract. */
const contracts: Readonly<Record<string, readonly string[]>> = {
  'namespace detector': ['name', 'version', 'wants', 'detect'],
  'package lister': ['name', 'version', 'wants', 'list'],
  'version scheme': ['name', 'key', 'compare', 'after'],
  'advisory source or enricher': ['name', 'feeds', 'fetch', 'parse'],
  'report format': ['name', 'mediaType', 'write'],
  'transport kind': ['name', 'readBy', 'settings', 'open'],
};

const extensionFiles =
  'src/{analyze/namespace,analyze/package,analyze/language,version,source,enrich,report,notify}/**/*.ts';

/** The lists of built-in extensions. */
const allLists = Object.values(lists).flatMap((list): unknown[] =>
  Array.isArray(list) ? [list] : Object.values(list),
) as (readonly { readonly name: string }[])[];
const listed = new Set<unknown>(allLists.flat());

test('every object in an extension folder that meets a contract is in the list of extensions', async () => {
  const files = filesLike(extensionFiles).filter(
    ({ path }) => !path.endsWith('.test.ts') && !path.includes('/testdata/'),
  );
  const missing: string[] = [];
  for (const { path } of files) {
    const exported = (await import(absolutePath(path))) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) {
      const contract = contractOf(value);
      if (contract !== undefined && !listed.has(value)) missing.push(`${path}: ${name}, a ${contract}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('built-in extensions use only path patterns that plugins may use', () => {
  const { detectors, listers } = lists.builtIn;
  assert.doesNotThrow(() => validatePlugin({ name: 'built-in', version: '1', detectors, listers }));
});

test('names are unique within a list', () => {
  for (const list of allLists) {
    const names = list.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  }
});

test('no transport name equals a general notifier setting', () => {
  const general = Object.keys(settingsWith({ transports: [] }).notifier);
  assert.deepEqual(
    lists.transportKinds.filter(({ name }) => general.includes(name)),
    [],
  );
});

function contractOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.keys(contracts).find((name) => contracts[name]?.every((member) => member in value));
}
