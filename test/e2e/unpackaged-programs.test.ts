import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { writeElf } from '../../src/testing/elf-writer.ts';
import { clair, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';

const place = join(scratch, 'unpackaged-programs');
const target = `dir:${join(place, 'root')}`;

let listed: Report;
before(() => {
  writeSystem(
    join(place, 'root'),
    { ID: 'wolfi', VERSION_ID: '20230201' },
    {
      'lib/apk/db/installed': 'P:nginx\nV:1.0.0-r0\nA:x86_64\no:nginx\nF:usr/sbin\nR:nginx\n',
      'usr/sbin/nginx': writeElf({ constants: '\0nginx version: nginx/1.0.0\0' }),
      'opt/nginx/sbin/nginx': writeElf({ constants: '\0nginx version: nginx/1.22.1\0' }),
      'opt/bin/node': writeElf({ constants: '\0node.js/v16.20.0\0node.js/v18.0.0\0' }),
      'opt/bin/openssl': writeElf({ constants: '\0OpenSSL\0' }),
    },
  );
  listed = report('sbom', target, '--db', ':memory:');
});

test('lists a program that no package owns by the text that states its version', () => {
  const [found, ...others] = listed.packages.filter(({ type }) => type === 'generic');
  assert.deepEqual(others, []);
  assert.deepEqual(
    [found?.purl, found?.location.path, found?.evidence, found?.proof, found?.foundBy],
    [
      ...['pkg:generic/nginx@1.22.1', 'opt/nginx/sbin/nginx', 'binary-string'],
      ...['nginx version: nginx/1.22.1', 'binary'],
    ],
  );
});

test('counts a program without a version as unread, and names the texts of one with two', () => {
  assert.deepEqual(listed.unread, [
    { kind: 'generic', count: 2, paths: ['opt/bin/node', 'opt/bin/openssl'] },
  ]);
  const files = listed.statuses.flatMap((status) => (status.extension === 'binary' ? status.files : []));
  assert.deepEqual(
    files.flatMap(({ path, problem }) => (problem === null ? [] : [[path, problem]])),
    [
      [
        'opt/bin/node',
        'states several versions, so its version is unknown: "node.js/v16.20.0" and "node.js/v18.0.0"',
      ],
    ],
  );
});

test('does not call an image clean that has such a program', () => {
  const { verdict, coverage } = report('scan', target, '--db', ':memory:', '--offline');
  assert.equal(verdict, 'not-assessed');
  assert.deepEqual(
    coverage
      .filter(({ namespace }) => namespace.startsWith('generic'))
      .map(({ status, reason }) => [status, reason]),
    [
      [
        'missing',
        'the feed cve-products all is made of the list cve: load it with clair db update cve cve-products; ' +
          'the feed nvd-products all is made of the lists cve and nvd: load it with clair db update cve nvd nvd-products',
      ],
      [
        'unsupported',
        '3 programs and libraries are not read, e.g. opt/bin/node; 1 of them is owned by packages that are not assessed',
      ],
    ],
  );
});

test('explains by which text the version is known', () => {
  const { stdout } = clair(['explain', target, 'CVE-2021-23017', 'nginx', '--db', ':memory:', '--offline']);
  assert.match(stdout, /proof +nginx version: nginx\/1\.22\.1\n/);
});

test('keeps the text in documents of the image, and restores it', () => {
  for (const format of ['json', 'cyclonedx', 'spdx']) {
    const document = join(place, `${format}.json`);
    writeFileSync(document, clair(['sbom', target, '--db', ':memory:', '--format', format]).stdout);
    const again = report('sbom', `sbom:${document}`, '--db', ':memory:');
    assert.deepEqual(again.packages, listed.packages, format);
    assert.deepEqual(again.unread, listed.unread, format);
  }
});
