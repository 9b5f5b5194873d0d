/**
 * Compares the reports of all images of the corpus: from a database that loaded the feeds of a mirror, from published advisories beside an
 * empty database, and from a database that took them over. `make-mirror.sh` of the corpus creates the mirror. `--db` names an empty PostgreSQL
 * database that takes them over; by default it is a file.
 *
 *     npm run published-reports -- --mirror DIR [--db postgresql://…]
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { appImage, appImages } from '../src/testing/app-images.ts';
import { corpus } from '../src/testing/corpus.ts';

const clair = resolve(import.meta.dirname, '../bin/clair');
const { values } = parseArgs({ options: { mirror: { type: 'string' }, db: { type: 'string' } } });
if (values.mirror === undefined) {
  console.error('published-reports needs --mirror');
  process.exit(2);
}
const work = mkdtempSync(join(tmpdir(), 'clair-published-reports-'));
process.on('exit', () => {
  rmSync(work, { recursive: true, force: true });
});
const vendors = join(work, 'vendors.db');
const published = join(work, 'published');
const moved = values.db ?? join(work, 'moved.db');

run('db', 'update', '--mirror', values.mirror, '--db', vendors);
run('db', 'build', published, '--db', vendors);
run('db', 'update', '--from', published, '--db', moved);

const reports = {
  published: ['--from', published, '--db', join(work, 'empty.db')],
  moved: ['--db', moved],
};
let different = 0;
for (const image of [...images(), ...appImages().map(appImage)]) {
  const expected = scan(image, ['--db', vendors]);
  for (const [name, options] of Object.entries(reports)) {
    const isSame = scan(image, options) === expected;
    if (!isSame) different++;
    console.log(`${isSame ? 'same' : 'DIFFERENT'}  ${name.padEnd(10)} ${expected.length} ${image}`);
  }
}
console.log(`${different} reports differ`);
process.exitCode = different === 0 ? 0 : 1;

function images(): string[] {
  return readdirSync(corpus('images'))
    .filter((name) => /\.tar(\.\w+)?$/.test(name))
    .map((name) => corpus(`images/${name}`));
}

/** Returns the report of an image, or the message if it cannot be read. */
function scan(image: string, options: readonly string[]): string {
  const { stdout, stderr } = clairWith('scan', image, '--offline', '--format', 'json', ...options);
  return stdout === '' ? stderr : stdout;
}

function run(...args: readonly string[]): void {
  const { status, stderr } = clairWith(...args);
  if (status !== 0) throw new Error(`clair ${args.join(' ')} ended with ${status}: ${stderr}`);
}

function clairWith(...args: readonly string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, XDG_CACHE_HOME: join(work, 'cache'), SOURCE_DATE_EPOCH: '1790000000' };
  return spawnSync(clair, args, { encoding: 'utf8', env, maxBuffer: 2 ** 28 });
}
