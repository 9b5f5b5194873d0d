import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

/** A test that asks a tool of the system for the right answer. It is skipped where the tool is not installed. */
export function toolTest(
  tool: string,
  name: string,
  body: (directory: string, context: TestContext) => void,
): void {
  const skip = spawnSync(tool, ['--version']).error === undefined ? false : `no ${tool} on this system`;
  void test(name, { skip }, (context) => {
    withTemporaryDirectory((directory) => {
      body(directory, context);
    });
  });
}

/** Runs the body on an empty directory that is gone afterwards. */
export function withTemporaryDirectory<T>(body: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'test-'));
  try {
    return body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What a tool prints. Throws with its complaint when it fails. */
export function outputOf(tool: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${tool} failed: ${stderr}`);
  return stdout;
}
