import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import { claimedCratesLister } from './claimed-crates.ts';

const site = 'usr/lib/python3.12/site-packages';
const path = `${site}/orjson-3.10.0.dist-info/sboms/orjson.cyclonedx.json`;

function document(...purls: readonly string[]): string {
  return JSON.stringify({
    bomFormat: 'CycloneDX',
    components: purls.map((purl) => ({ type: 'library', purl })),
  });
}

test('claimed-crates: lists the crates that a wheel claims, and no other component', () => {
  checkLister(claimedCratesLister, [
    {
      files: {
        [path]: document(
          'pkg:cargo/itoa@1.0.11',
          'pkg:cargo/serde@1.0.197?download_url=x',
          'pkg:pypi/orjson@3.10.0',
        ),
        [`${site}/ssh-1.0.dist-info/sboms/auditwheel.cdx.json`]: document(
          'pkg:rpm/almalinux/libssh@0.9.6-14.el8',
        ),
        [`${site}/cut-1.0.dist-info/sboms/a.json`]: '{',
        [`${site}/bare-1.0.dist-info/sboms/a.json`]: document('pkg:cargo/bare'),
      },
      packages: ['itoa 1.0.11', 'serde 1.0.197'],
      problems: 2,
    },
  ]);
});

test('claimed-crates: marks the crates as claims of the distribution', () => {
  const [event] = claimedCratesLister.list(new Map([[path, Buffer.from(document('pkg:cargo/itoa@1.0.11'))]]));
  assert.ok(event?.kind === 'package');
  assert.deepEqual(event.package, {
    type: 'cargo',
    name: 'itoa',
    version: '1.0.11',
    evidence: 'claimed-sbom',
    parent: { name: 'orjson', version: '3.10.0' },
  });
});
