import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Every system has this user without privileges. */
const unprivileged = { uid: 65_534, gid: 65_534 };

/** Creates a directory for a program that refuses to run as root, and returns the user to run it as. The end of the test removes it. */
export function unprivilegedDirectory(context: TestContext): {
  readonly directory: string;
  readonly user: Partial<typeof unprivileged>;
} {
  const directory = mkdtempSync(join(tmpdir(), 'clair-program-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  if (process.getuid?.() !== 0) return { directory, user: {} };
  chmodSync(directory, 0o755);
  chownSync(directory, unprivileged.uid, unprivileged.gid);
  return { directory, user: unprivileged };
}
