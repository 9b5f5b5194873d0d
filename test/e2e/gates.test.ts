import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { clair, type Run, scratch } from './clair.ts';
import { databases, writeSystem } from './listed-system.ts';

const system = join(scratch, 'gates-debian');
const mirror = join(scratch, 'gates-mirror');
const db = join(scratch, 'gates.db');

writeSystem(
  system,
  { ID: 'debian', VERSION_ID: '12' },
  databases.dpkg([
    { name: 'libc6', version: '2.36-9', arch: 'amd64', source: ['glibc', '2.36-9'] },
    { name: 'libwebp7', version: '1.2.4-0.2', arch: 'amd64', source: ['libwebp', '1.2.4-0.2'] },
  ]),
);

function put(url: string, content: string | Uint8Array, root = mirror): void {
  const path = join(root, url);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Returns Debian's tracker with two vulnerabilities without a rating. */
function unrated(fixed: string) {
  return {
    scope: 'local',
    description: 'x',
    releases: {
      bookworm: { status: 'resolved', fixed_version: fixed, urgency: 'not yet assigned', repositories: {} },
    },
  };
}
put(
  'security-tracker.debian.org/tracker/data/json',
  JSON.stringify({
    glibc: { 'CVE-2023-4911': unrated('2.36-9+deb12u3') },
    libwebp: { 'CVE-2023-4863': unrated('1.2.4-0.2+deb12u1') },
  }),
);

function scan(...args: readonly string[]): Run {
  return clair(['scan', `dir:${system}`, '--db', db, '--mirror', mirror, ...args]);
}

test('--fail-on does not pass findings without a severity', () => {
  assert.equal(scan().status, 0);
  const run = scan('--fail-on', 'high');
  assert.equal(run.status, 4, run.stderr);
  assert.match(
    run.stderr,
    /^clair: not judged: 2 findings have no severity\nclair: fetch ratings with clair db update nvd, or accept .* --allow-unrated$/m,
  );
  assert.match(
    run.stdout,
    /^2 findings have no severity: ratings cannot be looked up: the mirror has no CVE records/m,
  );
  assert.equal(scan('--fail-on', 'high', '--allow-unrated').status, 0);
});

test('--fail-on kev and epss exit with 4 without their data, and with 1 for a finding on the list', () => {
  const unlisted = scan('--fail-on', 'kev');
  assert.equal(unlisted.status, 4);
  assert.match(unlisted.stderr, /^clair: fetch the KEV list with clair db update kev$/m);
  assert.equal(scan('--fail-on', 'epss:0.5').status, 4);
  put(
    'www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
    JSON.stringify({ vulnerabilities: [{ cveID: 'CVE-2023-4863', dateAdded: '2023-09-13' }] }),
  );
  put(
    'epss.empiricalsecurity.com/epss_scores-current.csv.gz',
    gzipSync(
      '#model_version:v1,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\nCVE-2023-4863,0.93,0.99\nCVE-2023-4911,0.6,0.9\n',
    ),
  );
  const update = clair(['db', 'update', 'kev', 'epss', '--db', db, '--mirror', mirror]);
  assert.equal(update.status, 0, update.stderr + update.stdout);
  assert.equal(scan('--fail-on', 'kev').status, 1);
  assert.equal(scan('--fail-on', 'epss:0.95').status, 0);
  assert.equal(scan('--fail-on', 'epss:0.5').status, 1);
  assert.equal(scan('--fail-on', 'epss:0.95', '--fail-on', 'kev').status, 1, 'any one counts');
  assert.equal(scan('--fail-on', 'epss:0.95, KEV').status, 1, 'any one of a list counts');
});

test('refuses a wrong gate as wrong usage', () => {
  for (const gate of ['epss', 'epss:2', 'epss:-1', 'kevs', 'high,', 'high,hihg'])
    assert.equal(scan('--fail-on', gate).status, 2, gate);
});

test('an image is not clean, and a gate ends with 4, when the vendor still investigates the only finding', () => {
  const undetermined = join(scratch, 'gates-undetermined');
  const bookworm = { status: 'undetermined', urgency: 'not yet assigned', repositories: {} };
  put(
    'security-tracker.debian.org/tracker/data/json',
    JSON.stringify({ glibc: { 'CVE-2024-9999': { scope: 'local', releases: { bookworm } } } }),
    undetermined,
  );
  const options = ['--db', join(scratch, 'undetermined.db'), '--mirror', undetermined, '--no-lookups'];
  const run = (...args: readonly string[]): Run => clair(['scan', `dir:${system}`, ...options, ...args]);
  const shown = run();
  assert.match(shown.stdout, /^No findings in 2 packages\.$/m);
  assert.match(shown.stdout, /^Verdict: not assessed: the vendor still investigates 1 finding$/m);
  assert.equal(shown.status, 0);
  const gated = run('--fail-on', 'high');
  assert.equal(gated.status, 4);
  assert.match(gated.stderr, /the vendor still investigates 1 finding that may reach the gate/);
  assert.equal(run('--fail-on', 'high', '--only-fixed').status, 0);
  assert.equal(run('--fail-on', 'high', '--ignore-status', 'wont-fix,UNDER_INVESTIGATION').status, 0);
  assert.equal(run('--fail-on', 'high', '--ignore-status', 'affected').status, 4);
  assert.match(run('--ignore-status', 'fixed').stderr, /States are unfixed, deferred, will-not-fix/);
  const rules = join(scratch, 'undetermined.yaml');
  writeFileSync(rules, 'ignore:\n  - id: CVE-2024-9999\n    reason: not reachable\n');
  const ignored = run('--fail-on', 'high', '--ignore', rules);
  assert.equal(ignored.status, 0);
  assert.match(ignored.stdout, /^Verdict: clean$/m);
});
