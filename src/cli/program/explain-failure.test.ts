import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainFailure } from './program.ts';

test('names a package that a checkout without development packages lacks, and the remedy', async () => {
  const specifier: string = 'a-package-that-is-not-installed';
  const error: unknown = await import(specifier).catch((cause: unknown) => cause);
  assert.match(
    explainFailure(error),
    /^clair: the package a-package-that-is-not-installed .* run npm ci without --omit=dev\n$/,
  );
});

test('reports a missing file of the program as an internal error', async () => {
  const specifier: string = './no-such-file.ts';
  const error: unknown = await import(specifier).catch((cause: unknown) => cause);
  assert.match(explainFailure(error), /^clair: internal error/);
});
