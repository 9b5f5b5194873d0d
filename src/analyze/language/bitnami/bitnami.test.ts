import { test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import { bitnamiLister } from './bitnami.ts';

/** A document as Bitnami writes it, with components by their package URLs. */
function spdx(...locators: readonly string[]): string {
  return JSON.stringify({
    SPDXID: 'SPDXRef-postgresql',
    spdxVersion: 'SPDX-2.3',
    packages: locators.map((referenceLocator) => ({
      name: 'x',
      versionInfo: '0',
      licenseDeclared: 'PostgreSQL',
      externalRefs: [
        { referenceCategory: 'SECURITY', referenceType: 'cpe23Type', referenceLocator: 'cpe:2.3:a:x:x:1' },
        { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator },
      ],
    })),
  });
}

test('bitnami: lists the components of the documents and of the list, and nothing else that they name', () => {
  checkLister(bitnamiLister, [
    {
      files: {
        'opt/bitnami/postgresql/.spdx-postgresql.spdx': spdx(
          'pkg:bitnami/postgresql@17.2.0-8?arch=arm64&distro=debian-12',
          'pkg:bitnami/geos@3.8.3?arch=arm64',
          'pkg:golang/stdlib@1.22.1',
          'pkg:bitnami/postgresql@17.2.0-8?arch=arm64&distro=debian-12',
        ),
        'opt/bitnami/.bitnami_components.json':
          '{"redis":{"arch":"amd64","digest":"c669","distro":"debian-11","type":"NAMI","version":"7.0.5-1"},"wait-for-port":{"arch":"amd64","distro":"debian-12","type":"NAMI","version":"1.0.8-8"}}',
        'opt/bitnami/cut/.spdx-cut.spdx': '{"spdxVersion":"SPDX-2.3"',
        'opt/bitnami/none/.spdx-none.spdx': spdx('pkg:golang/a@1'),
        'opt/bitnami/bare/.spdx-bare.spdx': spdx('pkg:bitnami/bare'),
        'opt/other/.spdx-other.spdx': spdx('pkg:bitnami/other@1.0.0'),
        'opt/bitnami/doc.spdx': spdx('pkg:bitnami/doc@1.0.0'),
      },
      packages: ['postgresql 17.2.0-8', 'geos 3.8.3', 'redis 7.0.5-1', 'wait-for-port 1.0.8-8'],
      problems: 3,
    },
  ]);
});
