import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { clair, scratch } from './clair.ts';
import { done, epoch, image as example, mirror } from './publication.ts';

const place = join(scratch, 'described-images');
mkdirSync(place, { recursive: true });

/** Opens the database of a test for one statement. */
function statement(database: string, text: string): readonly Record<string, unknown>[] {
  const opened = new DatabaseSync(database);
  try {
    return opened.prepare(text).all();
  } finally {
    opened.close();
  }
}

const commands: readonly (readonly string[])[] = [
  ['scan', example, '--format', 'json'],
  ['scan', example, '--format', 'table', '--detail'],
  ['scan', example, '--format', 'cyclonedx'],
  ['scan', example, '--format', 'sarif', '--severity', 'high,medium'],
  ['scan', example, '--format', 'json', '--exclude', 'etc'],
  ['sbom', example, '--format', 'json'],
  ['sbom', example, '--format', 'spdx'],
  ['explain', example, 'CVE-2024-31449', '--format', 'json'],
  ['explain', example, 'CVE-1999-0001'],
  ['diff', example, example, '--format', 'json'],
  ['vex', example, '--author', 'Example Ltd'],
];

test('writes the same bytes when an image is read, when it was read, and by its description', () => {
  const database = join(place, 'same.db');
  done(clair(['db', 'update', 'alpine', 'kev', '--mirror', mirror, '--db', database]));
  for (const command of commands) {
    const outputs = Array.from({ length: 4 }, () => {
      const offline = command[0] === 'sbom' ? [] : ['--offline'];
      const lookups = ['sbom', 'explain'].includes(command[0] ?? '') ? [] : ['--no-lookups'];
      const run = clair([...command, ...offline, ...lookups, '--db', database], epoch);
      return `${run.status}\n${run.stdout}\n${run.stderr}`;
    });
    assert.equal(new Set(outputs).size, 1, command.join(' '));
    assert.match(outputs[0] ?? '', /^[04]\n./);
    statement(database, 'delete from image_description');
    statement(database, 'delete from layer');
  }
});

test('reads no layer of an image that the database describes', () => {
  const database = join(place, 'used.db');
  done(clair(['db', 'update', 'alpine', 'kev', '--mirror', mirror, '--db', database]));
  const scan = (...options: string[]): Report => {
    const args = ['scan', example, '--offline', '--no-lookups', '--format', 'json', '--db', database];
    return JSON.parse(done(clair([...args, ...options], epoch))) as Report;
  };
  for (let scans = 0; scans < 3; scans++) scan();
  assert.equal(statement(database, 'select 1 from image_description where matches is not null').length, 1);
  statement(
    database,
    `update image_description set packages = replace(packages, '"7.2.5-r0"', '"7.2.5-r9"')`,
  );
  const versions = (report: Report): string[] =>
    report.packages.flatMap(({ name, version }) => (name === 'redis' ? [version] : []));
  assert.deepEqual(versions(scan()), ['7.2.5-r9']);
  assert.deepEqual(versions(scan('--exclude', 'srv')), ['7.2.5-r0']);
});

test('forgets the matches of a described image when the advisories change', () => {
  const database = join(place, 'changed.db');
  const feeds = join(place, 'feeds');
  const file = join(feeds, 'secdb.alpinelinux.org/v3.20/main.json');
  mkdirSync(join(file, '..'), { recursive: true });
  const findings = (id: string): string[] => {
    const packages = [{ pkg: { name: 'busybox', secfixes: { '9.9.9-r0': [id] } } }];
    writeFileSync(file, JSON.stringify({ distroversion: 'v3.20', reponame: 'main', packages }));
    done(clair(['db', 'update', 'alpine', '--mirror', feeds, '--db', database]));
    const args = ['scan', example, '--offline', '--no-lookups', '--format', 'json', '--db', database];
    const ids = (): string[] => {
      const { matches } = JSON.parse(clair(args, epoch).stdout) as Report;
      return [...new Set(matches.map(({ vulnerability }) => vulnerability.id))];
    };
    const all = Array.from({ length: 4 }, ids);
    for (const one of all) assert.deepEqual(one, all[0]);
    return all[0] ?? [];
  };
  assert.deepEqual(findings('CVE-2026-1001'), ['CVE-2026-1001']);
  assert.deepEqual(findings('CVE-2026-1002'), ['CVE-2026-1002']);
});

test('reads an image again when its archive has changed', () => {
  const database = join(place, 'replaced.db');
  const path = join(place, 'replaced.tar');
  const system: TarEntryPlan[] = [{ path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.0\n' }];
  const names = (name: string): string[] => {
    const installed = `P:${name}\nV:1-r0\nA:x86_64\no:${name}\n\n`;
    const files = [...system, { path: 'lib/apk/db/installed', content: installed }];
    writeFileSync(path, dockerArchive(buildImage({ steps: [{ tar: tar(files) }], tags: ['a:b'] })));
    const read = (): string[] => {
      const { stdout } = clair(['sbom', path, '--format', 'json', '--db', database]);
      return (JSON.parse(stdout) as Report).packages.map((found) => found.name);
    };
    return Array.from({ length: 3 }, read).flat();
  };
  assert.deepEqual(names('busybox'), ['busybox', 'busybox', 'busybox']);
  assert.deepEqual(names('openssl'), ['openssl', 'openssl', 'openssl']);
});
