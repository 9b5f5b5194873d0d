import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { inCheckout, type Run } from './clair.ts';

/** Id of an unprivileged user that exists by convention. */
const unprivileged = 65_534;

/** A directory in which the command runs as another user. */
export interface Place {
  /** A directory that the other user can enter. */
  readonly directory: string;
  /** Runs the command as the other user. */
  readonly run: (...args: string[]) => Run;
  /** Runs the command with other environment variables. Undefined removes one. */
  readonly runWith: (env: NodeJS.ProcessEnv, ...args: string[]) => Run;
}

/** Returns a directory in which the command runs as an unprivileged user. Skips the test if this process is not root. */
export function asOtherUser(t: TestContext, user: number = unprivileged): Place | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'clair-unreadable-'));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  if (process.getuid?.() !== 0) {
    t.skip('NOT TESTED: only root can run the command as another user');
    return undefined;
  }
  chmodSync(directory, 0o755);
  const cache = join(directory, 'cache');
  mkdirSync(cache);
  chownSync(cache, user, user);
  const runWith = (env: NodeJS.ProcessEnv, ...args: string[]): Run => {
    const { status, stdout, stderr } = spawnSync(inCheckout('bin/clair'), args, {
      cwd: directory,
      encoding: 'utf8',
      uid: user,
      gid: user,
      env: { ...process.env, HOME: cache, XDG_CACHE_HOME: cache, ...env },
    });
    return { status, stdout, stderr };
  };
  const run = (...args: string[]): Run => runWith({}, ...args);
  if (run('--version').status === 0) return { directory, run, runWith };
  t.skip('NOT TESTED: another user cannot read this checkout');
  return undefined;
}
