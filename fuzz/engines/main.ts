/**
 * Sends random requests to two servers, one on SQLite and one on PostgreSQL, and compares the responses byte by byte. Run: node
 * fuzz/engines/main.ts [--requests 5000] [--seed 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgresServer } from '../../src/testing/postgres-server.ts';
import { compareServers } from './compare-servers.ts';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '5000' }, seed: { type: 'string', default: '1' } },
});
const [requests, seed] = [Number(values.requests), Number(values.seed)];
if (!(requests > 0) || !Number.isInteger(seed) || seed === 0)
  throw new Error('usage: main.ts [--requests N] [--seed S], with a whole number other than 0');

const directory = mkdtempSync(join(tmpdir(), 'clair-engines-'));
const server = await startPostgresServer(['-c', 'fsync=off']);
try {
  const started = performance.now();
  const { differences, statuses, notifications } = await compareServers({
    requests,
    seed,
    directory,
    databases: [join(directory, 'clair.db'), server.url()],
    onDifference: (difference) => {
      console.log(difference);
    },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
  console.log(`${counts.join(', ')}; ${notifications} notifications`);
  console.log(`${requests} requests of seed ${seed} in ${seconds} s: ${differences} responses differ`);
  process.exitCode = differences === 0 ? 0 : 1;
} finally {
  server.stop();
  rmSync(directory, { recursive: true, force: true });
}
