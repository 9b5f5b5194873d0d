import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Report } from '../../src/model/report.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';

/** Returns an advisory about one package that is fixed in a version, and in revisions of an older one. */
function glsa(id: string, name: string, fixed: string, older?: string): string {
  const revisions = older === undefined ? '' : `<unaffected range="rge">${older}</unaffected>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE glsa SYSTEM "http://www.gentoo.org/dtd/glsa.dtd">
<glsa id="${id}"><title>${name}: a flaw</title><product type="ebuild">x</product><affected>
<package name="${name}" auto="yes" arch="*"><unaffected range="ge">${fixed}</unaffected>${revisions}<vulnerable range="lt">${fixed}</vulnerable></package>
</affected><impact type="high"/></glsa>`;
}

function writeMirror(place: string, advisories: Readonly<Record<string, string>>): string {
  const path = join(place, 'gitweb.gentoo.org/data/glsa.git/snapshot/glsa-master.tar.gz');
  mkdirSync(dirname(path), { recursive: true });
  const files = Object.entries(advisories).map(([id, content]) => ({
    path: `glsa-master/glsa-${id}.xml`,
    content,
  }));
  writeFileSync(path, gzipSync(tar(files)));
  return place;
}

const root = join(scratch, 'gentoo');
let scanned: Report;
before(() => {
  const entry = (category: string, pf: string) => ({ [`var/db/pkg/${category}/${pf}/PF`]: `${pf}\n` });
  writeSystem(
    root,
    { NAME: 'Gentoo', ID: 'gentoo', VERSION_ID: '2.17' },
    {
      ...entry('dev-libs', 'openssl-3.0.13-r2'),
      ...entry('net-misc', 'curl-8.5.0'),
      ...entry('dev-perl', 'JSON-4.100.0'),
      'usr/bin/curl': readFileSync(process.execPath).subarray(0, 4096),
    },
  );
  const mirror = writeMirror(join(scratch, 'gentoo-mirror'), {
    '202401-01': glsa('202401-01', 'net-misc/curl', '8.6.0'),
    '202401-02': glsa('202401-02', 'dev-libs/openssl', '3.1.5', '3.0.13-r2'),
    '202401-03': glsa('202401-03', 'dev-perl/JSON', '4.20.0'),
  });
  scanned = report('scan', `dir:${root}`, '--db', ':memory:', '--mirror', mirror);
});

test('gentoo: assesses an image by its advisories, and counts programs as unread', () => {
  assert.deepEqual(
    scanned.packages.map(({ purl }) => purl.replace(/\?.*/, '')),
    [
      'pkg:ebuild/dev-libs/openssl@3.0.13-r2',
      'pkg:ebuild/dev-perl/JSON@4.100.0',
      'pkg:ebuild/net-misc/curl@8.5.0',
    ],
  );
  assert.deepEqual(
    scanned.matches.map(({ vulnerability, fix }) => [vulnerability.id, fix.state === 'fixed' && fix.version]),
    [['GLSA-202401-01', '8.6.0']],
  );
  assert.deepEqual(scanned.coverage.map(({ namespace, status }) => [namespace, status]).sort(), [
    ['generic', 'unsupported'],
    ['gentoo', 'complete'],
  ]);
});

test('gentoo: reads back the SBOM of an image', () => {
  for (const format of ['json', 'cyclonedx', 'spdx']) {
    const file = join(scratch, `gentoo.${format}`);
    writeFileSync(file, clair(['sbom', `dir:${root}`, '--db', ':memory:', '--format', format]).stdout);
    const again = report('sbom', `sbom:${file}`, '--db', ':memory:');
    assert.deepEqual(
      again.packages.map(({ name, version, purl }) => [name, version, purl]),
      scanned.packages.map(({ name, version, purl }) => [name, version, purl]),
      format,
    );
  }
});
