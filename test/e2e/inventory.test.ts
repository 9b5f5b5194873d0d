import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import type { Report } from '../../src/model/report.ts';
import { storeDatabase } from '../../src/testing/store-writer.ts';
import { report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';

const site = 'opt/venv/lib/python3.12/site-packages';

/** One package of each package manager. */
const files = {
  'opt/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec': 'package = "LPeg"\nversion = "1.0.2-1"\n',
  'opt/perl5/.meta/JSON-4.10/install.json': '{"name":"JSON","version":"4.10","dist":"JSON-4.10"}',
  'opt/perl5/auto/JSON/.packlist': 'usr/lib/JSON.pm\n',
  'opt/ghc/package.conf.d/aeson-2.1.0.0.conf': 'name: aeson\nversion: 2.1.0.0\n',
  'opt/.julia/packages/HTTP/sVAIM/Project.toml': 'name = "HTTP"\nversion = "1.10.0"\n',
  'opt/.julia/environments/v1.9/Manifest.toml': 'manifest_format = "2.0"\n',
  'opt/.opam/5/.opam-switch/packages/lwt.5.6.1/opam': 'opam-version: "2.0"\n',
  'opt/.pub-cache/hosted/pub.dev/http-1.1.0/pubspec.yaml': 'name: http\nversion: 1.1.0\n',
  'opt/.conan/data/zlib/1.2.13/_/_/package/1a/conaninfo.txt': '[settings]\n',
  'opt/.vscode-server/extensions/a.b-1.0.0/package.json':
    '{"name":"b","publisher":"A","version":"1.0.0","engines":{"vscode":"*"}}',
  'opt/Cellar/jq/1.6_1/INSTALL_RECEIPT.json': '{}',
  'opt/flatpak/app/org.gnome.Maps/x86_64/stable/1a/metadata': '[Application]\nname=org.gnome.Maps\n',
  'nix/var/nix/db/db.sqlite': storeDatabase('/nix/store', ['openssl-3.0.8', 'openssl-3.0.8-bin']),
  'nix/store/0c0dzxzqpmpnqq4mkq8jyxy9bvjc3wzp-openssl-3.0.8/lib/a.txt': 'x',
  'opt/hello/42/meta/snap.yaml': "name: hello\nversion: '2.10'\n",
  'opt/bitnami/redis/.spdx-redis.spdx': JSON.stringify({
    spdxVersion: 'SPDX-2.3',
    packages: [{ externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:bitnami/redis@7.2.4-3' }] }],
  }),
  [`${site}/orjson-3.10.0.dist-info/METADATA`]: 'Name: orjson\nVersion: 3.10.0\n\n',
  [`${site}/orjson-3.10.0.dist-info/sboms/orjson.cyclonedx.json`]: JSON.stringify({
    bomFormat: 'CycloneDX',
    components: [{ purl: 'pkg:cargo/itoa@1.0.0' }],
  }),
};

/** An advisory for one package, affected from the first version on. */
function advisory(id: string, ecosystem: string, name: string, end: object): object {
  return {
    schema_version: '1.7.5',
    id,
    modified: '2024-01-01T00:00:00Z',
    aliases: [],
    affected: [
      { package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, end] }] },
    ],
  };
}

const feeds: Readonly<Record<string, readonly object[]>> = {
  Hackage: [advisory('HSEC-2023-1', 'Hackage', 'aeson', { fixed: '2.1.0.0.1' })],
  Julia: [
    advisory('JLSEC-2025-1', 'Julia', 'HTTP', { fixed: '1.10.17' }),
    advisory('JLSEC-2025-2', 'Julia', 'HTTP', { fixed: '1.9.0' }),
  ],
  Bitnami: [
    advisory('BIT-redis-1', 'Bitnami', 'redis', { last_affected: '7.2.4' }),
    advisory('BIT-redis-2', 'Bitnami', 'redis', { fixed: '7.2.4' }),
  ],
  'crates.io': [advisory('RUSTSEC-1', 'crates.io', 'itoa', { fixed: '2.0.0' })],
  Pub: [advisory('GHSA-pub', 'Pub', 'http', { fixed: '1.2.0' })],
};

let scanned: Report;
before(() => {
  const root = join(scratch, 'inventory');
  writeSystem(root, { ID: 'alpine', VERSION_ID: '3.20.1' }, files);
  const mirror = join(scratch, 'inventory-mirror');
  for (const [feed, records] of Object.entries(feeds)) {
    const path = join(mirror, `osv-vulnerabilities.storage.googleapis.com/${feed}/all.zip`);
    mkdirSync(dirname(path), { recursive: true });
    const entries = records.map((record, i) => [`${i}.json`, strToU8(JSON.stringify(record))] as const);
    writeFileSync(path, zipSync(Object.fromEntries(entries), { mtime: '2000-01-01' }));
  }
  scanned = report('scan', `dir:${root}`, '--mirror', mirror, '--db', ':memory:');
});

const findings = (name: string): string[] =>
  scanned.matches.filter((match) => match.package.name === name).map(({ vulnerability }) => vulnerability.id);

test('lists packages of further package managers, and counts none of their files as unread', () => {
  assert.deepEqual(
    scanned.packages.map(({ purl }) => purl),
    [
      'pkg:bitnami/redis@7.2.4-3',
      'pkg:brew/jq@1.6_1',
      'pkg:cargo/itoa@1.0.0',
      'pkg:conan/zlib@1.2.13',
      'pkg:cpan/JSON@4.10',
      'pkg:flatpak/org.gnome.Maps@stable',
      'pkg:hackage/aeson@2.1.0.0',
      'pkg:julia/HTTP@1.10.0',
      'pkg:luarocks/lpeg@1.0.2-1',
      'pkg:nix/openssl@3.0.8',
      'pkg:opam/lwt@5.6.1',
      'pkg:pub/http@1.1.0',
      'pkg:pypi/orjson@3.10.0',
      'pkg:snap/hello@2.10',
      'pkg:vscode-extension/a/b@1.0.0',
    ],
  );
  assert.deepEqual(scanned.unread ?? [], []);
});

test('matches packages of which there are advisories, and does not assess the others', () => {
  assert.deepEqual(['aeson', 'HTTP', 'http'].map(findings), [
    ['HSEC-2023-1'],
    ['JLSEC-2025-1'],
    ['GHSA-pub'],
  ]);
  for (const name of [
    'luarocks',
    'cpan',
    'opam',
    'conan',
    'vscode-extension',
    'brew',
    'flatpak',
    'snap',
    'nix',
  ])
    assert.deepEqual(
      scanned.coverage.filter(({ namespace }) => namespace === name).map(({ reason }) => reason),
      [`no advisory source for ${name}`],
    );
});

test('matches a component of Bitnami by its version, with any revision', () => {
  assert.deepEqual(findings('redis'), ['BIT-redis-1']);
});

test('lists a crate that a wheel only claims to contain, and suppresses its findings', () => {
  const claimed = scanned.packages.find(({ name }) => name === 'itoa');
  assert.deepEqual([claimed?.evidence, claimed?.parent?.name], ['claimed-sbom', 'orjson']);
  assert.deepEqual(findings('itoa'), []);
  const suppressed = scanned.suppressed.filter((match) => match.package.name === 'itoa');
  assert.deepEqual(
    suppressed.map(({ vulnerability }) => vulnerability.id),
    ['RUSTSEC-1'],
  );
});
