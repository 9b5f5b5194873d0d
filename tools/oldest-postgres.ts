/**
 * Runs the contract of the store on the oldest supported PostgreSQL, Debian's package `postgresql-15`, but for the slow tests that kill
 * processes. Without this package, fails in CI and otherwise runs nothing:
 *
 *     node tools/oldest-postgres.ts
 */
import { spawnSync } from 'node:child_process';

const suite = 'src/store/contract/*.test.ts';
const programs = '/usr/lib/postgresql/15/bin';

const { status, stdout } = spawnSync(`${programs}/postgres`, ['--version'], { encoding: 'utf8' });
if (status === 0) {
  console.log(stdout.trim());
  const names = ['--test-name-pattern=^postgresql: ', '--test-skip-pattern=is killed'];
  const tests = spawnSync(process.execPath, ['--test', '--test-isolation=none', ...names, suite], {
    env: { ...process.env, CLAIR_TEST_POSTGRES_PROGRAMS: programs },
    stdio: 'inherit',
  });
  process.exitCode = tests.status ?? 1;
} else {
  console.error(
    `${programs} has no server, so nothing is tested on PostgreSQL 15: apt-get install postgresql-15`,
  );
  process.exitCode = process.env['CI'] === undefined ? 0 : 1;
}
