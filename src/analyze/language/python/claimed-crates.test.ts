import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import { claimedCratesLister } from './claimed-crates.ts';

const site = 'usr/lib/python3.12/site-packages';
const path = `${site}/orjson-3.10.0.dist-info/sboms/orjson.cyclonedx.json`;

/** A document as maturin 1.16 writes it, which names the crate of the distribution itself as its subject. */
function document(...purls: readonly string[]): string {
  const own = { type: 'application', name: 'own', purl: 'pkg:cargo/own@0.3.1?download_url=file://.' };
  return JSON.stringify({
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 },
    metadata: { tools: [{ name: 'cargo-cyclonedx' }], component: { ...own, components: [own] } },
    components: purls.map((purl) => ({ type: 'library', scope: 'required', purl })),
    dependencies: [{ ref: 'path+file:///own#own@0.3.1', dependsOn: purls }],
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
