import { limits } from '../../../src/core/limits.ts';
import { builtIn } from '../../../src/extensions.ts';
import { listedBySbom, type Package } from '../../../src/model/package.ts';
import type { Inventory } from '../../../src/model/report.ts';
import { readSbom } from '../../../src/sbom/read-sbom.ts';
import { sampleReport } from '../../../src/testing/sample-report.ts';
import { assertExpectedError, checkText, InvariantViolation } from '../invariants.ts';
import { textMutations, words } from '../mutation/text.ts';
import { bytesOf, single, type Target } from './target.ts';

/** SBOMs in the style of syft, Trivy, Docker and others. */
const foreign: readonly object[] = [
  {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: {
      component: { type: 'container', name: 'shop', properties: [{ name: 'clair:status', value: '{}' }] },
    },
    components: [
      {
        type: 'operating-system',
        name: 'debian',
        version: '12',
        properties: [{ name: 'syft:distro:id', value: 'debian' }],
      },
      {
        'bom-ref': 'a',
        type: 'library',
        purl: 'pkg:deb/debian/libc6@2.36-9+b1?arch=amd64&distro=debian-12&upstream=glibc%402.36',
        properties: [{ name: 'aquasecurity:trivy:SrcName', value: 'glibc' }],
        components: [{ type: 'library', name: 'b', purl: 'pkg:npm/%40b/c@1#d' }],
      },
    ],
  },
  {
    spdxVersion: 'SPDX-2.3',
    name: 'shop',
    packages: [
      {
        SPDXID: 'SPDXRef-a',
        name: 'a',
        versionInfo: '1',
        sourceInfo: 'built package from: s 1',
        externalRefs: [
          { referenceType: 'purl', referenceLocator: 'pkg:rpm/redhat/a@1-1?epoch=1&distro=rhel-9' },
        ],
        annotations: [{ annotator: 'Tool: clair-0', comment: '{"id":"debian","like":[]}' }],
      },
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-a', relationshipType: 'GENERATED_FROM', relatedSpdxElement: 'SPDXRef-a' },
    ],
  },
];

const someWords = words(
  ...['"purl":"pkg:', '"components":[', '"properties":[', '"name":"', 'null', '{}', '[]', '"type":"file"'],
  ...['pkg:deb/', '%', '%00', '@', '?distro=', '&upstream=', '#', '\\u0000', '\\ud800', 'clair:package:type'],
  ...['"bomFormat":"CycloneDX"', '"spdxVersion":"SPDX-2.3"', '"schemaVersion":1', '1e999', '-1'],
);

/** A third-party SBOM: read completely, or refused, and no part is ignored silently. */
export const sbomTarget: Target = {
  name: 'sbom',
  paths: [''],
  seeds: () => [
    ...foreign.map((document) => single(Buffer.from(JSON.stringify(document)))),
    ...[...builtIn.sbomFormats, ...builtIn.formats.filter(({ name }) => name === 'spdx')].map((format) =>
      single(Buffer.from([...format.write(sampleReport, { colors: false })].join(''))),
    ),
  ],
  mutations: [...textMutations, someWords, someWords],
  run(input) {
    let inventory: Inventory;
    try {
      inventory = readSbom(bytesOf(input), 'an input');
    } catch (error) {
      assertExpectedError(error);
      return;
    }
    check(inventory);
  },
};

const word = /^[!-~]{1,512}$/;

function check({ packages, statuses, distro }: Inventory): void {
  if (packages.length > limits.imagePackages) throw new InvariantViolation('more packages than the limit');
  if (distro !== null && distro.id.length > 512)
    throw new InvariantViolation('a distribution has an overlong name');
  for (const found of packages) if (found.foundBy === listedBySbom) checkThirdPartyPackage(found);
  const problems = statuses.filter(({ extension }) => extension === listedBySbom);
  for (const { path, problem } of problems.flatMap(({ files }) => files)) {
    checkText('a path', path);
    checkText('a problem', problem ?? '');
  }
}

function checkThirdPartyPackage({ name, version, source, purl, location }: Package): void {
  for (const text of [name, version, source?.name ?? 'x', source?.version ?? 'x'])
    if (!word.test(text)) throw new InvariantViolation('a package has an invalid name or version');
  if (/\s/.test(purl)) throw new InvariantViolation('a package URL has white space');
  checkText('a path', location.path);
}
