import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { clair, scratch } from './clair.ts';

const mirror = join(scratch, 'shrinking-mirror');
const database = join(scratch, 'shrinking.db');
const file = join(mirror, 'secdb.alpinelinux.org/v3.19/main.json');

/** Writes a feed of Alpine with this many vulnerabilities. */
function publish(count: number): void {
  const names = Array.from({ length: count }, (_, i) => `CVE-2026-${1000 + i}`);
  const packages = [{ pkg: { name: 'openssl', secfixes: { '3.1.4-r0': names } } }];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ distroversion: 'v3.19', reponame: 'main', packages }));
}

function update(...options: string[]): ReturnType<typeof clair> {
  return clair(['db', 'update', 'alpine', '--mirror', mirror, '--db', database, ...options]);
}

test('a feed that has shrunk is refused, told by the status, and taken when it is accepted', () => {
  rmSync(database, { force: true });
  publish(9);
  assert.match(update().stdout, /alpine v3\.19\/main +updated: 9 new, 0 changed, 0 gone, 0 as before\n/);
  publish(4);
  const refused = update();
  assert.equal(refused.status, 3);
  const why = /has 4 records where 9 are in force: .* run clair db update alpine --accept-shrunk/;
  assert.match(refused.stdout, why);
  const status = () => clair(['db', 'status', '--db', database]).stdout;
  assert.match(
    status(),
    /\nalpine v3\.19\/main\n {2}last try failed at \S+ \S+: alpine v3\.19\/main has 4 records/,
  );

  const accepted = update('--accept-shrunk');
  assert.equal(accepted.status, 0, accepted.stderr);
  assert.match(accepted.stdout, /updated: 0 new, 0 changed, 5 gone, 4 as before\n/);
  assert.doesNotMatch(status(), /failed/);
});
