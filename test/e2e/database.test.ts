import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { clair, inCheckout, scratch } from './clair.ts';

const mirror = join(scratch, 'shrinking-mirror');
const database = join(scratch, 'shrinking.db');
const file = join(mirror, 'secdb.alpinelinux.org/v3.19/main.json');

/** A proxy without a listener: no host is reachable, and no request leaves this machine. */
const withoutNetwork = { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' };

/** Writes an Alpine feed with this many vulnerabilities. */
function publish(count: number): void {
  const names = Array.from({ length: count }, (_, i) => `CVE-2026-${1000 + i}`);
  const packages = [{ pkg: { name: 'openssl', secfixes: { '3.1.4-r0': names } } }];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ distroversion: 'v3.19', reponame: 'main', packages }));
}

function update(...options: string[]): ReturnType<typeof clair> {
  return clair(['db', 'update', 'alpine', '--mirror', mirror, '--db', database, ...options]);
}

test('refuses a feed that has shrunk, reports it in the status, and accepts it on request', () => {
  rmSync(database, { force: true });
  publish(9);
  assert.match(update('-v').stdout, /alpine v3\.19\/main +updated: 9 new\n/);
  publish(4);
  const refused = update();
  assert.equal(refused.status, 3);
  const why = /has 4 records, but the current content has 9\. .* run clair db update alpine --accept-shrunk/;
  assert.match(refused.stdout, why);
  const status = () => clair(['db', 'status', '--db', database]).stdout;
  assert.match(
    status(),
    /\nalpine v3\.19\/main\n {2}last try failed at \S+ \S+: alpine v3\.19\/main has 4 records/,
  );

  const accepted = update('--accept-shrunk', '--verbose');
  assert.equal(accepted.status, 0, accepted.stderr);
  assert.match(accepted.stdout, /updated: 0 new, 0 changed, 5 gone, 4 as before\n/);
  assert.doesNotMatch(status(), /failed/);
});

test('gives up an update without network after three hosts, with one line for each and a summary', async () => {
  const run = clair(['db', 'update', '--db', ':memory:'], withoutNetwork);
  assert.equal(run.status, 3, run.stderr);
  const lines = run.stdout.trimEnd().split('\n');
  assert.ok(lines.length <= 10, run.stdout);
  assert.match(run.stdout, /^feeds: 3 failed, \d+ not tried; \S+ s$/m);
  assert.match(run.stdout, /^debian tracker failed: cannot reach .*: Connection refused \(ECONNREFUSED\)$/m);
  assert.equal(lines.at(-1), 'Check the network, or name a mirror with --mirror.');
});

test('states the reason and the remedy in two lines when a scan has neither network nor database', () => {
  const run = clair(['scan', inCheckout('examples/image.tar'), '--db', ':memory:'], withoutNetwork);
  assert.deepEqual(run.stdout.trimEnd().split('\n').slice(-3), [
    'No findings in 10 packages.',
    'alpine:v3.20: cannot reach secdb.alpinelinux.org: Connection refused (ECONNREFUSED)',
    'Verdict: not assessed. Get advisories with clair db update, or name a --mirror.',
  ]);
});

test('gives the same report from a database that was moved without network', () => {
  const place = join(scratch, 'carrying');
  const [online, away, published] = [
    join(place, 'online.db'),
    join(place, 'away.db'),
    join(place, 'published'),
  ];
  const vendors = join(place, 'vendors');
  cpSync(inCheckout('examples/mirror'), vendors, { recursive: true });
  const catalogue = join(
    vendors,
    'www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
  );
  mkdirSync(dirname(catalogue), { recursive: true });
  const exploited = { cveID: 'CVE-2024-5535', dateAdded: '2026-01-02', dueDate: '2026-01-23' };
  writeFileSync(catalogue, JSON.stringify({ vulnerabilities: [exploited] }));

  const done = (run: ReturnType<typeof clair>): string => {
    assert.equal(run.status, 0, run.stderr + run.stdout);
    return run.stdout;
  };
  const updated = done(clair(['db', 'update', 'alpine', 'kev', '--mirror', vendors, '--db', online]));
  assert.match(updated, /^kev +1 +1 +2026-01-02 +\S+ s +updated$/m);
  const scan = (...options: string[]): string =>
    done(clair(['scan', inCheckout('examples/image.tar'), '--no-lookups', '--format', 'json', ...options]));
  const report = scan('--mirror', vendors, '--db', online);
  assert.match(report, /"kev": true/);

  const digest =
    /^sha256:[0-9a-f]{64}$/m.exec(done(clair(['db', 'build', published, '--db', online])))?.[0] ?? '';
  const update = (...from: string[]): ReturnType<typeof clair> =>
    clair(['db', 'update', '--db', away, '--from', ...from]);
  const wrong = update(`${published}@${digest.slice(0, -8)}00000000`);
  assert.equal(wrong.status, 3, wrong.stdout);
  assert.match(done(clair(['db', 'status', '--db', away])), /no advisories yet/);
  const unpublished = update(published, 'debian');
  assert.equal(unpublished.status, 2);
  assert.match(unpublished.stderr, /nothing is published of debian; there are alpine, kev/);

  const moved = done(update(`${published}@${digest}`));
  assert.match(moved, /^alpine +2 +\d+ /m);
  assert.match(moved, /^kev +1 +1 /m);
  assert.equal(scan('--offline', '--db', away), report);
});
