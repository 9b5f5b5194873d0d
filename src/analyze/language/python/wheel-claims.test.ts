import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import { wheelClaimListers } from './wheel-claims.ts';

const site = 'usr/lib/python3.12/site-packages';
const path = `${site}/orjson-3.10.0.dist-info/sboms/orjson.cyclonedx.json`;

/** A document as maturin 1.16 writes it, which names the crate of the distribution itself as its subject. */
function document(...purls: readonly string[]): string {
  const own = { type: 'application', name: 'own', purl: 'pkg:cargo/own@0.3.1?download_url=file://.' };
  return JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { tools: [{ name: 'cargo-cyclonedx' }], component: { ...own, components: [own] } },
    components: purls.map((purl) => ({ type: 'library', scope: 'required', purl })),
    dependencies: [{ ref: 'path+file:///own#own@0.3.1', dependsOn: purls }],
  });
}

const files = {
  [path]: document(
    'pkg:cargo/itoa@1.0.11',
    'pkg:cargo/serde@1.0.197?download_url=x',
    'pkg:pypi/orjson@3.10.0',
    'pkg:generic/openssl@4.0.3?download_url=https://example.org/openssl-4.0.3.tar.gz',
    'pkg:generic/unheard-of@1.0',
  ),
  // As auditwheel 6.7 writes it, which repeats a library of which it copied several files.
  [`${site}/ssh-1.0.dist-info/sboms/auditwheel.cdx.json`]: document(
    'pkg:pypi/ssh@1.0?file_name=ssh-1.0-py3-none-manylinux_2_28_x86_64.whl',
    'pkg:rpm/almalinux/openssl-libs@1.1.1k-15.el8_6',
    'pkg:rpm/almalinux/openssl-libs@1.1.1k-15.el8_6',
    'pkg:rpm/almalinux/libgfortran@8.5.0-28.el8_10.alma.1',
    'pkg:rpm/almalinux/libgomp@11.5.0-5.el9',
    'pkg:rpm/almalinux/libgomp@14.2.1-7.el10',
    'pkg:rpm/centos/cyrus-sasl-lib@2.1.26-24.el7_9',
    'pkg:rpm/centos/libssh@0.9.6-14.el8',
    'pkg:rpm/fedora/libssh@0.10.5-1.fc38',
    'pkg:deb/debian/libgomp1@12.2.0-14',
  ),
  [`${site}/cut-1.0.dist-info/sboms/a.json`]: '{',
  [`${site}/bare-1.0.dist-info/sboms/a.json`]: document('pkg:cargo/bare', 'pkg:rpm/centos/bare'),
};

/** Packages that each lister lists, and their namespace. */
const expected: Readonly<
  Record<string, { namespace: string; packages: readonly string[]; problems?: number }>
> = {
  'claimed-crates': { namespace: 'cargo', packages: ['itoa 1.0.11', 'serde 1.0.197'], problems: 2 },
  'claimed-products': { namespace: 'generic', packages: ['openssl 4.0.3'] },
  'claimed-rpms-centos-7': { namespace: 'centos:7', packages: ['cyrus-sasl-lib 2.1.26-24.el7_9'] },
  'claimed-rpms-almalinux-8': {
    namespace: 'almalinux:8',
    packages: ['openssl-libs 1.1.1k-15.el8_6', 'libgfortran 8.5.0-28.el8_10.alma.1'],
  },
  'claimed-rpms-almalinux-9': { namespace: 'almalinux:9', packages: ['libgomp 11.5.0-5.el9'] },
  'claimed-rpms-almalinux-10': { namespace: 'almalinux:10', packages: ['libgomp 14.2.1-7.el10'] },
};

for (const lister of wheelClaimListers)
  test(`${lister.name}: lists what a wheel claims, and no other component`, () => {
    const { namespace = '', packages = [], problems = 0 } = expected[lister.name] ?? {};
    assert.equal(lister.ecosystem?.name, namespace);
    checkLister(lister, [{ files, packages, problems }]);
  });

test('marks crates and libraries as claims of the distribution', () => {
  const contents = new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
  const claims = wheelClaimListers.flatMap((lister) => [...lister.list(contents)]);
  const marks = claims.flatMap((event) =>
    event.kind === 'package'
      ? [`${event.package.name} ${event.package.evidence} in ${event.package.parent?.name}`]
      : [],
  );
  assert.ok(marks.includes('itoa claimed-sbom in orjson'));
  assert.ok(marks.includes('openssl-libs claimed-sbom in ssh'));
  assert.ok(marks.every((mark) => mark.includes(' claimed-sbom in ')));
});
