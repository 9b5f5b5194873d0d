import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type TestContext, test } from 'node:test';

const root = resolve(import.meta.dirname, '../../../shared/corpus');

/** Absolute path of a file of the shared corpus, which lies beside the checkout. */
export function corpus(path: string): string {
  return resolve(root, path);
}

/** A test over the corpus: skipped where there is none, failing in CI where there must be one. */
export function corpusTest(name: string, body: (context: TestContext) => void | Promise<void>): void {
  const skip = existsSync(root) || process.env['CI'] !== undefined ? false : 'no corpus beside this checkout';
  void test(name, { skip }, body);
}
