/**
 * Installs the oldest supported Node into `tools/node-22`, for the tests. Does nothing if it is already installed:
 *
 *     node tools/oldest-node.ts
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(import.meta.dirname, 'node-22');

if (!existsSync(join(directory, 'node_modules'))) {
  const { status, error } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: directory,
    stdio: 'inherit',
  });
  if (error !== undefined) console.error(error.message);
  process.exitCode = status ?? 1;
}
