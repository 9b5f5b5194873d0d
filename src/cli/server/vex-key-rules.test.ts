import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isErrorWith } from '../../testing/registry-harness.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { readVexKeys } from './vex-key-rules.ts';

test('reads the keys of patterns of repositories', async (t) => {
  const directory = temporaryDirectory(t);
  const [one, two] = ['one.pub', 'two=2.pub'].map((name) => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const file = join(directory, name);
    writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }));
    return file;
  });
  const keys = await readVexKeys([
    `registry.example/shop/*=${one}`,
    `**=${one}`,
    `registry.example/x=${two}`,
  ]);
  const count = (repository: string): number => keys.of(repository).length;
  assert.deepEqual(
    [count('registry.example/x'), count('registry.example/shop/web'), count('a/b/c')],
    [2, 1, 1],
  );
  assert.equal((await readVexKeys([])).isEmpty, true);
});

test('refuses an entry without a registry, without a file, or with a file that is no key', async (t) => {
  const file = join(temporaryDirectory(t), 'x.pub');
  writeFileSync(file, 'no key');
  for (const [entry, message] of [
    [`shop=${file}`, /takes PATTERN=FILE with a registry in the pattern/],
    [file, /takes PATTERN=FILE/],
    ['registry.example/**=', /names no file for registry\.example/],
    [`registry.example/**=${file}`, /is not a public key in PEM/],
    ['registry.example/**=/no/such/file', /cannot be read|no such file/i],
  ] as const)
    await assert.rejects(readVexKeys([entry]), isErrorWith('config-invalid', message), entry);
});
