import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { report, scratch } from './clair.ts';
import { databases, writeSystem } from './listed-system.ts';

const place = 'osv-vulnerabilities.storage.googleapis.com/openEuler';
const mirror = join(scratch, 'openeuler-mirror');

/** An advisory of a service pack of openEuler for one package, as OSV has it. */
function advisory(release: string, file: string): object {
  return {
    id: 'OESA-2024-1',
    modified: '2024-08-23T11:08:56Z',
    upstream: ['CVE-2024-0001'],
    affected: [
      {
        package: { name: 'openssl', ecosystem: `openEuler:${release}` },
        ecosystem_specific: { x86_64: [file] },
      },
    ],
  };
}

function scan(name: string, osRelease: Readonly<Record<string, string>>, version: string) {
  const root = join(scratch, name);
  writeSystem(
    root,
    { ID: 'openEuler', ...osRelease },
    {
      ...databases.rpm([{ name: 'openssl-libs', version, arch: 'x86_64' }]),
    },
  );
  const { matches, coverage } = report('scan', `dir:${root}`, '--db', ':memory:', '--mirror', mirror);
  return {
    found: matches.map(({ vulnerability, fix }) => [vulnerability.id, 'version' in fix && fix.version]),
    covered: coverage.map(({ namespace, status }) => [namespace, status]),
  };
}

test('openeuler: assesses an image by the advisories of its service pack, whatever the epoch of a package', () => {
  mkdirSync(join(mirror, place), { recursive: true });
  const file = 'openssl-libs-1.1.1wa-8.oe2203sp3.x86_64.rpm';
  const content = strToU8(JSON.stringify(advisory('22.03-LTS-SP3', file)));
  writeFileSync(join(mirror, place, 'all.zip'), zipSync({ 'OESA-2024-1.json': content }));

  const release = { VERSION: '22.03 (LTS-SP3)', VERSION_ID: '22.03' };
  const covered = [['openeuler:22.03-LTS-SP3', 'stale']];
  assert.deepEqual(scan('openeuler-old', release, '1:1.1.1wa-7.oe2203sp3'), {
    found: [['CVE-2024-0001', '1.1.1wa-8.oe2203sp3']],
    covered,
  });
  assert.deepEqual(scan('openeuler-new', release, '1:1.1.1wa-8.oe2203sp3'), { found: [], covered });
  // Without the service pack, no advisories are known to cover the image.
  assert.deepEqual(scan('openeuler-bare', { VERSION_ID: '22.03' }, '1:1.1.1wa-7.oe2203sp3'), {
    found: [],
    covered: [['openeuler:22.03', 'unsupported']],
  });
});
