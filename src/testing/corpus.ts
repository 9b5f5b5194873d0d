import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type TestContext, test } from 'node:test';

const root = resolve(import.meta.dirname, '../../../shared/corpus');

/** Returns the absolute path of a file of the shared corpus, which is beside the checkout. */
export function corpus(path: string): string {
  return resolve(root, path);
}

/** Defines a test over the corpus. Without a corpus it is skipped, except in CI, where it fails. */
export function corpusTest(name: string, body: (context: TestContext) => void | Promise<void>): void {
  const skip = existsSync(root) || process.env['CI'] !== undefined ? false : 'no corpus beside this checkout';
  void test(name, { skip }, body);
}
