import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import type { Package } from '../../model/package.ts';
import type { Inventory } from '../../model/report.ts';
import { ecosystems } from '../../source/osv/ecosystems.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import { samplePackage, sampleReport } from '../../testing/sample-report.ts';
import { versionOrder } from './extension-status.ts';
import { indexSbom } from './index-sbom.ts';

function inventory(change: Partial<Inventory>): Inventory {
  const { distro, layers, packages, statuses } = sampleReport;
  const subject = { reference: 'shop', kind: null, manifest: null, platform: null };
  return { subject, distro, layers, packages, statuses, ...change };
}

function thirdPartyPackage(type: string, name: string, foundBy = 'sbom'): Package {
  return {
    type,
    name,
    version: '1.0.0',
    purl: `pkg:${type}/x`,
    location: { path: 'sbom', layer: null },
    foundBy,
  };
}

test('saves equal inventories as one image and different ones as several', async () => {
  await using store = await openSqliteStore(':memory:');
  const deps = { extensions: builtIn, store };
  const first = await indexSbom(inventory({}), deps);
  const again = await indexSbom(
    inventory({ subject: { reference: 'b', kind: 'aci', manifest: null, platform: null } }),
    deps,
  );
  const other = await indexSbom(inventory({ packages: [samplePackage('curl', '8')] }), deps);
  const elsewhere = await indexSbom(
    inventory({ distro: { id: 'ubuntu', versionId: '22.04', like: [] } }),
    deps,
  );
  assert.equal(first.id, again.id);
  assert.equal(new Set([first.id, other.id, elsewhere.id]).size, 3);
  assert.deepEqual((await store.images.findByNumber(first.id)).packages, first.packages);
});

test('drops the version order of an earlier report', async () => {
  await using store = await openSqliteStore(':memory:');
  const statuses = [
    { extension: versionOrder, status: 'partly-failed', files: [] },
    ...sampleReport.statuses,
  ] as const;
  const { statuses: remaining } = await indexSbom(inventory({ statuses }), { extensions: builtIn, store });
  assert.deepEqual(remaining, sampleReport.statuses);
});

test('looks up language packages by their type, under the name in advisories', async () => {
  await using store = await openSqliteStore(':memory:');
  const { extensions } = { extensions: builtIn };
  for (const { namespace, versionScheme } of ecosystems.values()) {
    const packages = [
      thirdPartyPackage(namespace, 'a_B'),
      thirdPartyPackage('deb', 'plain', 'not-installed'),
    ];
    const index = await indexSbom(inventory({ packages }), { extensions, store });
    assert.deepEqual(
      index.namespaces.map(({ name }) => name),
      ['debian:12', namespace].sort(),
    );
    const lookup = index.packages.find(({ type }) => type === namespace)?.lookup;
    assert.deepEqual(lookup?.namespace, { name: namespace, versionScheme });
    assert.notEqual(lookup.key, undefined);
    if (namespace === 'pypi') assert.equal(lookup.name, 'a-b');
    if (namespace === 'npm') assert.equal(lookup.name, 'a_B');
  }
});

test('uses the ecosystem of a lister when it is installed', async () => {
  await using store = await openSqliteStore(':memory:');
  const packages = [thirdPartyPackage('npm', 'a', 'dpkg')];
  const index = await indexSbom(inventory({ packages }), { extensions: builtIn, store });
  assert.deepEqual([index.namespaces, index.packages[0]?.lookup], [[], null]);
});
