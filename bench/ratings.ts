/**
 * Measures fetching the ratings of a scan over a link of 50 ms and 20 Mbit/s, by HTTPS. The image has unrated findings, with a CVE record
 * for each, the KEV list and a day's EPSS of 300,000 scores. The advisories are already in the database. A second scan must send no
 * request. Needs the corpus. Run: npm run bench -- ratings [--rounds N] [--cves N]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Report } from '../src/model/report.ts';
import { testAuthority } from '../src/testing/certificates.ts';
import { corpus } from '../src/testing/corpus.ts';
import { corpusFiles } from '../src/testing/corpus-archive.ts';
import { recordPath } from '../src/testing/cve-records.ts';
import { builtClair, node } from './command.ts';
import { slowLink } from './slow-link.ts';

const link = { roundTripMs: 50, megabitsPerSecond: 20 };
const { values } = parseArgs({ options: { rounds: { type: 'string' }, cves: { type: 'string' } } });
const rounds = Number(values.rounds ?? 5);
const cves = Number(values.cves ?? 150);

const work = mkdtempSync(join(tmpdir(), 'clair-bench-ratings-'));
process.on('exit', () => {
  rmSync(work, { recursive: true, force: true });
});
const leaving = { after: (end: () => void) => process.on('exit', end) } as unknown as TestContext;

/** Returns real CVE records by ID. */
function records(): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const { path, bytes } of corpusFiles('feeds/cve5/vulnrichment.tar.zst', '.json')) {
    const [id] = /CVE-20\d\d-\d+(?=\.json$)/.exec(path) ?? [];
    if (id !== undefined && bytes.includes('"PUBLISHED"')) found.set(id, bytes);
    if (found.size === cves) break;
  }
  return found;
}

/** Returns a day of EPSS, with a realistic number of scores and digits. */
function scores(): Buffer {
  const lines = ['#model_version:v2025.03.14,score_date:2026-01-01T00:00:00Z', 'cve,epss,percentile'];
  for (let row = 0; row < 300_000; row++) {
    const score = ((row * 7919) % 100_003) / 100_003;
    const id = `CVE-${2000 + Math.floor(row / 12_000)}-${1000 + (row % 12_000)}`;
    lines.push(`${id},${(score ** 8).toFixed(5)},${score.toFixed(5)}`);
  }
  return gzipSync(`${lines.join('\n')}\n`);
}

function tracker(ids: readonly string[]): string {
  const bookworm = { status: 'open', repositories: { bookworm: '1.0-1' }, urgency: 'not yet assigned' };
  const advisory = { description: 'A flaw.', releases: { bookworm } };
  return JSON.stringify({ example: Object.fromEntries(ids.map((id) => [id, advisory])) });
}

const documents = records();
const files = new Map<string, Buffer>([
  ['/security-tracker.debian.org/tracker/data/json', Buffer.from(tracker([...documents.keys()]))],
  ['/epss.empiricalsecurity.com/epss_scores-current.csv.gz', scores()],
  [
    '/www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
    readFileSync(corpus('feeds/kev/known_exploited_vulnerabilities.json')),
  ],
  ...[...documents].map(
    ([id, bytes]) =>
      [`/raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/${recordPath(id)}`, bytes] as const,
  ),
]);
const packed = new Map(
  [...files].map(([path, bytes]) => [path, path.endsWith('.gz') ? undefined : gzipSync(bytes)]),
);

let requests = 0;
let sent = 0;
const authority = testAuthority(leaving);
const { cert, key } = authority.issue('localhost');
const origin = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
  requests++;
  const path = request.url ?? '';
  const body = packed.get(path) ?? files.get(path);
  sent += body?.length ?? 0;
  if (body === undefined) response.writeHead(404).end();
  else response.writeHead(200, packed.get(path) ? { 'content-encoding': 'gzip' } : {}).end(body);
});
origin.listen(0, '127.0.0.1');
await once(origin, 'listening');
const { port, server, connections } = await slowLink((origin.address() as AddressInfo).port, link);

function put(path: string, content: string): void {
  mkdirSync(dirname(join(work, path)), { recursive: true });
  writeFileSync(join(work, path), content);
}
put('rootfs/etc/os-release', 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
put(
  'rootfs/var/lib/dpkg/status',
  'Package: example\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n',
);

/** Runs a scan. Returns its duration and report. */
async function scan(db: string, ...more: readonly string[]): Promise<{ ms: number; report: Report }> {
  const args = ['scan', `dir:${join(work, 'rootfs')}`, '--db', join(work, db), '--format', 'json'];
  const start = performance.now();
  const child = spawn(node, [builtClair, ...args, '--mirror', `https://localhost:${port}/`, ...more], {
    env: { ...process.env, XDG_CACHE_HOME: work, SSL_CERT_FILE: authority.cert },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const out = await text(child.stdout);
  return { ms: performance.now() - start, report: JSON.parse(out) as Report };
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

await scan('before.db', '--no-lookups');
const [without, first, cached]: [number[], number[], number[]] = [[], [], []];
for (let round = 0; round < rounds; round++) {
  copyFileSync(join(work, 'before.db'), join(work, 'round.db'));
  without.push((await scan('round.db', '--no-lookups')).ms);
  [requests, sent] = [0, 0];
  const before = connections();
  const { ms, report } = await scan('round.db');
  first.push(ms);
  if (round === 0)
    console.log(
      `${requests} requests, ${connections() - before} connections, ${(sent / 1e6).toFixed(1)} MB; ${report.ratings?.unrated} of ${report.matches.length} findings without a severity`,
    );
  requests = 0;
  cached.push((await scan('round.db')).ms);
  if (requests > 0) throw new Error(`${requests} requests for ratings that are in the database`);
  rmSync(join(work, 'round.db'));
}
console.log(`without lookups                ${median(without).toFixed(0)} ms`);
console.log(
  `ratings looked up              ${median(first).toFixed(0)} ms, ${(median(first) - median(without)).toFixed(0)} ms of them for the ratings`,
);
console.log(`ratings in the database        ${median(cached).toFixed(0)} ms`);
server.close();
origin.closeAllConnections();
process.exit();
