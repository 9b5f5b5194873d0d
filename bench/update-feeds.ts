import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clair } from './command.ts';
import { type Contender, figures, measure } from './measure.ts';

/**
 * Measures whole commands that load advisories into a database: `npm run bench -- updates --mirror DIR [--rounds N]`.
 * `make-mirror.sh` of the corpus creates the mirror. Each run uses a new database file.
 */
const { values } = parseArgs({
  options: { mirror: { type: 'string' }, rounds: { type: 'string', default: '3' } },
});
if (values.mirror === undefined) {
  console.error('bench updates needs --mirror');
  process.exit(2);
}
const mirror = resolve(values.mirror);
const work = mkdtempSync(join(tmpdir(), 'clair-bench-updates-'));
process.on('exit', () => {
  rmSync(work, { recursive: true, force: true });
});
const full = join(work, 'full.db');
const fresh = join(work, 'fresh.db');

function update(source: string, database: string): Contender {
  return {
    name: `clair db update ${source}`.trim(),
    command: `${clair} db update ${source} --mirror ${mirror} --db ${database}`,
    before: () => {
      forget(database);
    },
  };
}

function forget(database: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${database}${suffix}`, { force: true });
}

const costs = measure(
  [
    update('alpine', fresh),
    update('debian', fresh),
    update('', full),
    {
      name: 'clair db update, all unchanged',
      command: `${clair} db update --mirror ${mirror} --db ${full}`,
    },
  ],
  Number(values.rounds),
);
console.log(figures(costs, false));
