import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { report, scratch } from './clair.ts';
import { databases, writeSystem } from './listed-system.ts';

/** Returns a file with one security update of one package for x86_64. */
function updateinfo(
  id: string,
  name: string,
  evr: readonly [epoch: string, version: string, release: string],
) {
  const [epoch, version, release] = evr;
  return gzipSync(`<?xml version="1.0" encoding="UTF-8"?>
<updates><update from="a@example.org" status="stable" type="security" version="2.0">
  <id>${id}</id><title>${name}</title><issued date="2024-11-24 02:18:33"/><severity>Important</severity>
  <references><reference href="https://a.example/1" id="1" type="bugzilla" title="CVE-2024-0001 ${name}: a flaw"/></references>
  <pkglist><collection short="x"><name>x</name>
    <package name="${name}" version="${version}" release="${release}" epoch="${epoch}" arch="x86_64"><filename>x.rpm</filename></package>
  </collection></pkglist>
</update></updates>`);
}

function writeMirror(place: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), content);
  }
  return place;
}

/** Finds packages with their fixed versions, and the coverage of the image. */
function scan(root: string, mirror: string) {
  const { matches, coverage } = report('scan', `dir:${root}`, '--db', ':memory:', '--mirror', mirror);
  return {
    found: matches.map(({ package: { name }, vulnerability, fix }) => [
      name,
      vulnerability.id,
      fix.state === 'fixed' && fix.version,
    ]),
    // The updates of the samples are old, which makes the advisories stale.
    covered: coverage.map(({ namespace, status }) => [namespace, status]),
  };
}

test('fedora: assesses an image by the updates of its release', () => {
  const root = join(scratch, 'fedora');
  writeSystem(
    root,
    { ID: 'fedora', VERSION_ID: '41' },
    {
      ...databases.rpm([
        { name: 'libcap', version: '2.48-6.fc41', arch: 'aarch64' },
        { name: 'bash', version: '5.2-1.fc41', arch: 'aarch64' },
      ]),
    },
  );
  const content = updateinfo('FEDORA-2024-1', 'libcap', ['0', '2.48', '7.fc41']);
  const digest = createHash('sha256').update(content).digest('hex');
  const place = 'dl.fedoraproject.org/pub/fedora/linux/updates/41/Everything/x86_64/repodata';
  const mirror = writeMirror(join(scratch, 'fedora-mirror'), {
    [`${place}/repomd.xml`]: `<repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="updateinfo"><checksum type="sha256">${digest}</checksum><location href="repodata/x-updateinfo.xml.gz"/></data></repomd>`,
    [`${place}/x-updateinfo.xml.gz`]: content,
  });
  assert.deepEqual(scan(root, mirror), {
    found: [['libcap', 'CVE-2024-0001', '2.48-7.fc41']],
    covered: [['fedora:41', 'stale']],
  });
});

test('bottlerocket: assesses an image by its inventory', () => {
  const root = join(scratch, 'bottlerocket');
  const application = (Name: string, Version: string) => ({
    Name,
    Version,
    Release: '1.1700000000.aaaa.br1',
    Epoch: '1',
    Architecture: 'x86_64',
  });
  writeSystem(
    root,
    { ID: 'bottlerocket', VERSION_ID: '1.40.0' },
    {
      'usr/share/bottlerocket/application-inventory.json': JSON.stringify({
        Content: [application('glibc', '2.42'), application('grep', '3.11')],
      }),
    },
  );
  const mirror = writeMirror(join(scratch, 'bottlerocket-mirror'), {
    'advisories.bottlerocket.aws/updateinfo.xml.gz': updateinfo('BRSA-a', 'glibc', ['1', '2.43', '1.br1']),
  });
  assert.deepEqual(scan(root, mirror), {
    found: [['glibc', 'BRSA-a', '1:2.43-1.br1']],
    covered: [['bottlerocket', 'stale']],
  });
});
