import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

/** Defines a test that takes its expectation from a system tool. It is skipped if the tool is not installed. */
export function toolTest(
  tool: string,
  name: string,
  body: (directory: string, context: TestContext) => void,
): void {
  const skip = spawnSync(tool, ['--version']).error === undefined ? false : `${tool} is not installed`;
  void test(name, { skip }, (context) => {
    withTemporaryDirectory((directory) => {
      body(directory, context);
    });
  });
}

/** Runs the body on an empty directory, which is removed afterwards. */
export function withTemporaryDirectory<T>(body: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'test-'));
  try {
    return body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Returns the output of a tool. Throws its error output if it fails. */
export function outputOf(tool: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${tool} failed: ${stderr}`);
  return stdout;
}
