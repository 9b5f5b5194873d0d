import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VexProduct, VexStatement } from '../model/suppression.ts';
import { corpusTest } from '../testing/corpus.ts';
import { corpusFiles } from '../testing/corpus-archive.ts';
import { csafVexDocument } from '../testing/vex-documents.ts';
import { namespacesOfCpe } from './cpe-namespaces.ts';
import { readCsaf } from './csaf-vex.ts';

const all = { place: 'x', wants: () => true };

function fullProductName(id: string, helper: object = {}): object {
  return { product_id: id, name: id, product_identification_helper: helper };
}

const tree = {
  branches: [
    {
      category: 'vendor',
      name: 'Red Hat',
      branches: [
        {
          category: 'product_name',
          name: 'RHEL 9',
          product: fullProductName('rhel9', { cpe: 'cpe:/o:redhat:enterprise_linux:9::baseos' }),
        },
        {
          category: 'product_name',
          name: 'EUS',
          product: fullProductName('eus', { cpe: 'cpe:/o:redhat:rhel_eus:9.2::baseos' }),
        },
        {
          category: 'architecture',
          name: 'src',
          branches: [
            {
              category: 'product_version',
              name: 'openssl',
              product: fullProductName('openssl', { purl: 'pkg:rpm/redhat/openssl?arch=src' }),
            },
          ],
        },
        {
          category: 'product_version',
          name: 'image',
          product: fullProductName('ubi', { purl: 'pkg:oci/ubi9@sha256:12?arch=amd64' }),
        },
      ],
    },
  ],
  full_product_names: [
    fullProductName('web', { purl: 'pkg:oci/web@sha256:34', hashes: [] }),
    fullProductName('registry.example/web:1'),
    fullProductName('registry.example/shop', {
      hashes: [
        {
          filename: 'shop.json',
          file_hashes: [
            { algorithm: 'sha512', value: 'AB'.repeat(64) },
            { algorithm: 'sha256', value: 'CD'.repeat(32) },
          ],
        },
      ],
    }),
  ],
  relationships: ['openssl', 'ubi'].flatMap((component) =>
    ['rhel9', 'eus', 'web'].map((platform) => ({
      category: 'default_component_of',
      product_reference: component,
      relates_to_product_reference: platform,
      full_product_name: { product_id: `${platform}:${component}`, name: 'both' },
    })),
  ),
  product_groups: [{ group_id: 'g', product_ids: ['rhel9:openssl'] }],
};

function read(vulnerability: object): readonly VexStatement[] {
  return readCsaf(csafVexDocument(tree, [{ cve: 'CVE-2024-1', ...vulnerability }]), all).statements;
}

function productOf(id: string): VexProduct | undefined {
  return read({ product_status: { fixed: [id] } })[0]?.products[0];
}

test('reads a product as a package in a distribution or in an image', () => {
  const packaged = productOf('rhel9:openssl');
  assert.deepEqual(packaged?.namespaces, ['rhel:9']);
  assert.deepEqual(packaged.parts?.[0]?.purls[0]?.name, 'openssl');
  // Extended support is not the release itself, and has no namespace.
  assert.deepEqual(productOf('eus:openssl')?.namespaces, []);
  assert.equal(productOf('web:openssl')?.purls[0]?.name, 'web');
  assert.equal(productOf('unknown'), undefined);
});

test('reads a product as an image when it has a digest, whatever its platform', () => {
  const image = productOf('rhel9:ubi');
  assert.deepEqual([image?.purls[0]?.version, image?.parts], ['sha256:12', undefined]);
  assert.deepEqual(productOf('registry.example/web:1')?.references, ['registry.example/web:1']);
  assert.deepEqual(productOf('registry.example/shop')?.digests, [`sha256:${'cd'.repeat(32)}`]);
});

/** Returns a product below these branches, the outermost first, by itself and in a distribution. */
function productInBranches(
  purl: string,
  ...branches: readonly (readonly [category: string, name?: string])[]
) {
  const branch = branches.reduceRight<object>(
    (inner, [category, name]) => ({
      category,
      name,
      ...('product_id' in inner ? { product: inner } : { branches: [inner] }),
    }),
    fullProductName('x', { purl }),
  );
  const relation = {
    product_reference: 'x',
    relates_to_product_reference: 'rhel9',
    full_product_name: fullProductName('both', { purl }),
  };
  const grown = { ...tree, branches: [...tree.branches, branch], relationships: [relation] };
  const entry = { cve: 'CVE-2024-1', product_status: { known_not_affected: ['x', 'both'] } };
  const [alone, within] = readCsaf(csafVexDocument(grown, [entry]), all).statements[0]?.products ?? [];
  assert.ok(alone !== undefined);
  const [part] = within?.parts ?? [];
  assert.deepEqual([part?.ranges, part?.purls], [alone.ranges, alone.purls]);
  return { ranges: alone.ranges, version: alone.purls[0]?.version };
}

test('restricts a product to its range of versions, whatever the notation of the range', () => {
  const purl = 'pkg:deb/debian/curl';
  for (const range of ['vers:deb/<8', 'vls:<8', 'before 8'])
    assert.deepEqual(productInBranches(purl, ['vendor', 'Debian'], ['product_version_range', range]).ranges, [
      range,
    ]);
  assert.deepEqual(
    productInBranches(purl, ['product_version_range', 'vers:deb/<8'], ['architecture', 'amd64']).ranges,
    ['vers:deb/<8'],
  );
  assert.deepEqual(productInBranches(purl, ['product_version_range']).ranges, []);
  const both = productInBranches(
    purl,
    ['product_version_range', 'vers:deb/<8'],
    ['product_version_range', 'vers:deb/<9'],
  );
  assert.deepEqual(both.ranges, []);
  assert.equal(productInBranches(purl, ['product_name', 'curl']).ranges, undefined);
});

test('takes the version of a package from its branch, unless the branch has the name of the package', () => {
  const versionOf = (purl: string, name: string) =>
    productInBranches(purl, ['product_version', name]).version;
  assert.equal(versionOf('pkg:deb/debian/curl', '7.88.1'), '7.88.1');
  assert.equal(versionOf('pkg:deb/debian/curl@7.88.2', '7.88.1'), '7.88.2');
  for (const name of ['curl', 'curl.src', 'satellite:el8/curl.src'])
    assert.equal(versionOf('pkg:rpm/redhat/curl', name), undefined, name);
  const purl = 'pkg:deb/debian/curl';
  assert.deepEqual(
    productInBranches(purl, ['product_version_range', 'vers:deb/<8'], ['product_version', '7.88.1']),
    {
      ranges: ['vers:deb/<8'],
      version: '7.88.1',
    },
  );
});

test('reads each group of products as a status, except the recommended products', () => {
  const groups = {
    known_affected: ['openssl'],
    first_affected: ['openssl'],
    last_affected: ['openssl'],
    under_investigation: ['openssl'],
    known_not_affected: ['openssl'],
    fixed: ['openssl'],
    first_fixed: ['openssl'],
    recommended: ['openssl'],
  };
  assert.deepEqual(
    read({ product_status: groups }).map(({ status }) => status),
    ['affected', 'affected', 'affected', 'under_investigation', 'not_affected', 'fixed', 'fixed'],
  );
});

test('reads the reason from flags and impacts, of products and of product groups', () => {
  const statements = read({
    flags: [{ label: 'vulnerable_code_not_present', group_ids: ['g'] }],
    threats: [
      { category: 'impact', details: 'not built', product_ids: ['web:openssl'] },
      { category: 'exploit_status', details: 'none', product_ids: ['rhel9:openssl'] },
    ],
    product_status: { known_not_affected: ['rhel9:openssl', 'web:openssl', 'eus:openssl'] },
  });
  assert.deepEqual(
    statements.map(({ justification, words, products }) => [justification, words, products.length]),
    [
      ['vulnerable_code_not_present', undefined, 1],
      [undefined, 'not built', 1],
      [undefined, undefined, 1],
    ],
  );
});

test('takes author, place and time from the document', () => {
  const [statement] = read({
    cve: undefined,
    ids: [{ system_name: 'x', text: 'GHSA-1' }],
    product_status: { fixed: ['web'] },
  });
  assert.deepEqual(statement?.ids, ['GHSA-1']);
  assert.equal(statement.time, '2024-05-01T10:00:00Z');
  assert.deepEqual(statement.document, { id: 'EX-2024-1', author: 'Example Ltd', place: 'x' });
});

test('maps a CPE 2.2 or 2.3 to a release, and an unknown CPE to nothing', () => {
  const expectedNamespaces: readonly (readonly [cpe: string, namespace: string | undefined])[] = [
    ['cpe:/o:redhat:enterprise_linux:9::baseos', 'rhel:9'],
    ['cpe:/a:redhat:enterprise_linux:8::appstream', 'rhel:8'],
    ['cpe:2.3:o:redhat:enterprise_linux:9.4:*:*:*:*:*:*:*', 'rhel:9'],
    ['cpe:/o:suse:sles:15:sp5', 'sles:15.5'],
    ['cpe:/o:opensuse:leap:15.6', 'opensuse-leap:15.6'],
    ['cpe:2.3:o:debian:debian_linux:12.0:*:*:*:*:*:*:*', 'debian:12'],
    ['cpe:2.3:o:canonical:ubuntu_linux:22.04:*:*:*:lts:*:*:*', 'ubuntu:22.04'],
    ['cpe:/o:redhat:rhel_eus:9.2::baseos', undefined],
    ['cpe:/a:redhat:openshift:4.12::el8', undefined],
    ['cpe:/o:redhat:enterprise_linux', undefined],
    ['cpe:/o:redhat:enterprise_linux:-', undefined],
    ['cpe:/h:redhat:enterprise_linux:9', undefined],
    ['redhat:enterprise_linux:9', undefined],
    ['', undefined],
  ];
  for (const [cpe, namespace] of expectedNamespaces)
    assert.deepEqual(namespacesOfCpe(cpe), namespace === undefined ? [] : [namespace], cpe);
});

for (const [archive, least] of [
  ['feeds/csaf/redhat-vex-csaf.tar.zst', 10],
  ['feeds/csaf/suse.tar.zst', 1000],
] as const)
  corpusTest(`reads the documents of ${archive}, each product of each status`, () => {
    let documents = 0;
    for (const { path, bytes } of corpusFiles(archive, '.json')) {
      const value = JSON.parse(bytes.toString('utf8')) as {
        document?: { csaf_version?: string };
        vulnerabilities?: ProductStatuses[];
      };
      if (value.document?.csaf_version === undefined) continue;
      documents++;
      const { statements } = readCsaf(value, { ...all, place: path });
      const entry = (value.vulnerabilities ?? []).flatMap(({ product_status = {} }) =>
        Object.entries(product_status).flatMap(([group, products]) =>
          group === 'recommended' ? [] : products,
        ),
      );
      assert.equal(statements.flatMap(({ products }) => products).length, entry.length, path);
    }
    assert.ok(documents >= least, String(documents));
  });

interface ProductStatuses {
  readonly product_status?: Readonly<Record<string, readonly string[]>>;
}
