import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister } from '../../plugin/contract/index.ts';
import { apkLister } from './apk.ts';

/** A package of a document, by its package URL. */
function element(id: string, referenceLocator: string): object {
  const externalRefs = [
    { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator },
    { referenceCategory: 'SECURITY', referenceType: 'cpe23Type', referenceLocator: 'cpe:2.3:a:x:x:1' },
  ];
  const licenses = { licenseConcluded: 'NOASSERTION', licenseDeclared: 'BSD-3-Clause' };
  return { SPDXID: id, name: 'x', ...licenses, supplier: 'Organization: Wolfi', externalRefs };
}

/** The document that melange installs with a package of the build `unbound`. It names the build and the upstream source as well. */
function melangeDocument(creator = 'Tool: melange (v0.23.9)'): string {
  return JSON.stringify({
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'apk-unbound-libs-1.23.0-r0',
    spdxVersion: 'SPDX-2.3',
    creationInfo: { created: '2025-04-24T08:25:21Z', creators: [creator, 'Organization: Chainguard, Inc'] },
    packages: [
      { SPDXID: 'SPDXRef-OperatingSystem', name: 'wolfi' },
      element(
        'SPDXRef-Package-unbound-libs',
        'pkg:apk/wolfi/unbound-libs@1.23.0-r0?arch=x86_64&distro=wolfi',
      ),
      element('SPDXRef-Package-unbound.yaml', 'pkg:github/wolfi-dev/os@23e8ff84#unbound.yaml'),
      element('SPDXRef-Package-source', 'pkg:github/nlnetlabs/unbound@release-1.23.0'),
    ],
    relationships: [
      {
        spdxElementId: 'SPDXRef-Package-unbound-libs',
        relationshipType: 'DESCRIBED_BY',
        relatedSpdxElement: 'SPDXRef-Package-unbound.yaml',
      },
      {
        spdxElementId: 'SPDXRef-Package-unbound-libs',
        relationshipType: 'GENERATED_FROM',
        relatedSpdxElement: 'SPDXRef-Package-source',
      },
    ],
  });
}

/** A document of the year 2023, or of a whole image: without configurations. */
function apkoDocument(...locators: readonly string[]): string {
  return JSON.stringify({
    spdxVersion: 'SPDX-2.3',
    creationInfo: { creators: ['Tool: apko (v0.10.0)'] },
    packages: locators.map((locator, i) => element(`SPDXRef-${i}`, locator)),
  });
}

const directory = 'var/lib/db/sbom';

test('apk: lists what documents of melange and apko name, and reports other documents', () => {
  checkLister(apkLister, [
    {
      files: {
        [`${directory}/unbound-libs-1.23.0-r0.spdx.json`]: melangeDocument(),
        'usr/local/share/sbom/image.spdx.json': apkoDocument(
          'pkg:oci/image@sha256:0a1b',
          'pkg:apk/wolfi/libstdc%2B%2B@15.1.0-r1?arch=aarch64',
          'pkg:apk/wolfi/build-base@1-r8',
          'pkg:apk/wolfi/build-base@1-r8',
        ),
        'usr/local/share/sboms/image.spdx.json': apkoDocument('pkg:apk/wolfi/bare', 'pkg:apk/@1'),
        [`${directory}/cut.spdx.json`]: melangeDocument().slice(0, -40),
        [`${directory}/none.spdx.json`]: apkoDocument('pkg:golang/a@1'),
        [`${directory}/other.spdx.json`]: melangeDocument('Tool: syft-1.0'),
        [`${directory}/empty.spdx.json`]: '',
      },
      packages: ['unbound-libs 1.23.0-r0', 'libstdc++ 15.1.0-r1', 'build-base 1-r8'],
      problems: 6,
    },
  ]);
});

test('apk: takes the source from the build that a document names, else from the package', () => {
  const listed = (text: string) => {
    const events = apkLister.list(new Map([[`${directory}/a.spdx.json`, Buffer.from(text)]]));
    return [...events].map((event) => (event.kind === 'package' ? event.package : event));
  };
  assert.deepEqual(listed(melangeDocument()), [
    {
      type: 'apk',
      name: 'unbound-libs',
      version: '1.23.0-r0',
      arch: 'x86_64',
      source: { name: 'unbound', version: '1.23.0-r0' },
      supplier: 'Wolfi',
      licenses: ['BSD-3-Clause'],
    },
  ]);
  const melange = melangeDocument().replaceAll('#unbound.yaml', '#packages/unbound.melange.yaml');
  assert.deepEqual(listed(melange), listed(melangeDocument()));
  const [old] = listed(apkoDocument('pkg:apk/wolfi/bash@5.2-r1'));
  assert.deepEqual(old && 'source' in old && old.source, { name: 'bash', version: '5.2-r1' });
});
