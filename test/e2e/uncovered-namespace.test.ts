import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { clair, type Run } from './clair.ts';
import { databases, writeSystem } from './listed-system.ts';
import { done, epoch, place, writeMirror } from './publication.ts';

const feeds = join(place, 'feeds without unstable');
const vendors = join(place, 'without unstable.db');
const published = join(place, 'without unstable');
const system = join(place, 'a system of unstable');
const scan = ['scan', `dir:${system}`, '--no-lookups', '--format', 'json'];

writeMirror(feeds);
done(clair(['db', 'update', 'debian', 'nvd', '--mirror', feeds, '--db', vendors]));
done(clair(['db', 'build', published, '--db', vendors]));
// A Debian system without a version is of the release "unstable".
writeSystem(
  system,
  { ID: 'debian', PRETTY_NAME: 'Debian GNU/Linux forky/sid', VERSION_CODENAME: 'sid' },
  databases.dpkg([{ name: 'curl', version: '8.14.1-2', arch: 'amd64' }]),
);

function coverageIn({ stdout, stderr }: Run): readonly (string | null)[] {
  const [coverage] = (JSON.parse(stdout) as Report).coverage;
  assert.equal(coverage?.namespace, 'debian:unstable', stderr);
  return [coverage.status, coverage.reason];
}

const uncovered = ['missing', 'the loaded advisories do not cover debian:unstable'];

test('says as with the vendors that published feeds do not cover a namespace, and asks no vendor', () => {
  const expected = clair([...scan, '--offline', '--db', vendors], epoch);
  assert.deepEqual(coverageIn(expected), uncovered);
  assert.equal(expected.status, 4);
  const none = join(place, 'no feeds for unstable');
  mkdirSync(none);
  for (const origin of [['--offline'], ['--mirror', none]]) {
    const run = clair([...scan, ...origin, '--db', ':memory:', '--from', published], epoch);
    assert.equal(run.stdout, expected.stdout);
    assert.equal(run.status, expected.status);
  }
});

test('asks the vendors for a namespace that published feeds do not cover if the vendors are the last place', () => {
  const options = ['--mirror', feeds, '--db', ':memory:', '--from', published, '--from', 'vendors'];
  const run = clair([...scan, ...options, '--verbose'], epoch);
  assert.deepEqual(coverageIn(run), uncovered);
  assert.match(run.stderr, /advisories debian tracker/);
});

test('uses the feeds of the database for a namespace that published feeds do not cover', () => {
  const database = join(place, 'with unstable.db');
  cpSync(vendors, database);
  const run = clair([...scan, '--offline', '--db', database, '--from', published], epoch);
  assert.equal(run.stdout, clair([...scan, '--offline', '--db', vendors], epoch).stdout);
});
