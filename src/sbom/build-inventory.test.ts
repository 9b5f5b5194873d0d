import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cyclonedxInventory,
  packageTexts,
  problems,
  properties,
  spdxInventory,
} from '../testing/third-party-inventory.ts';

test('writes language package names as advisories do when it reads purls', () => {
  const purls = [
    [
      'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar',
      'maven org.apache.logging.log4j:log4j-core 2.14.1',
    ],
    ['pkg:golang/github.com/foo/bar@v1.2.3#sub/dir', 'golang github.com/foo/bar v1.2.3'],
    ['pkg:golang/stdlib@1.21.3', 'golang stdlib 1.21.3'],
    ['pkg:composer/laravel/framework@9.0.0', 'composer laravel/framework 9.0.0'],
    ['pkg:npm/@scope/name@1.0.0', 'npm @scope/name 1.0.0'],
    ['pkg:pypi/Flask_Login@0.6', 'pypi Flask_Login 0.6'],
    ['pkg:cargo/time@0.1.43', 'cargo time 0.1.43'],
    ['pkg:gem/rails@7.0.1', 'gem rails 7.0.1'],
  ] as const;
  const inventory = cyclonedxInventory(purls.map(([purl]) => ({ type: 'library', purl })));
  assert.deepEqual(
    packageTexts(inventory),
    purls.map(([, expected]) => expected),
  );
  assert.equal(inventory.distro, null);
});

test('reports the place of an entry that cannot be looked up, and drops nothing silently', () => {
  const inventory = cyclonedxInventory([
    { 'bom-ref': 'none', type: 'library', name: 'left-pad' },
    { 'bom-ref': 'bad', type: 'library', purl: 'npm:left-pad' },
    { 'bom-ref': 'type', type: 'library', purl: 'pkg:conda/left-pad@1' },
    { 'bom-ref': 'version', type: 'library', purl: 'pkg:npm/left-pad' },
    { 'bom-ref': 'word', type: 'library', purl: 'pkg:npm/left-pad@1%202' },
    { 'bom-ref': 7, type: 'library', purl: 'pkg:npm/a@1' },
    { type: 'library', components: [{ type: 'library', purl: 'pkg:npm/inner@1', components: [null] }] },
    { 'bom-ref': 'deb', purl: 'pkg:deb/ubuntu/a@1?distro=ubuntu-22.04' },
    { 'bom-ref': 'deb2', purl: 'pkg:deb/ubuntu/b@1?distro=jammy' },
    { 'bom-ref': 'os', type: 'operating-system', name: 'debian', version: '12' },
    { 'bom-ref': 'os2', type: 'operating-system', name: 'alpine', version: '3.20' },
    { 'bom-ref': 'os3', type: 'operating-system', name: ' ' },
    { type: 'container', name: 'x', purl: 'pkg:oci/x@1' },
  ]);
  assert.deepEqual(packageTexts(inventory), ['npm inner 1', 'deb a 1 from a 1', 'deb b 1 from b 1']);
  assert.equal(inventory.statuses[0]?.status, 'partly-failed');
  assert.deepEqual(problems(inventory), [
    'none: "left-pad" has no package URL',
    'bad: "npm:left-pad" is not a valid package URL',
    'type: no advisories are known for packages of type "conda"',
    'version: "left-pad" has no version',
    'word: "left-pad" "1 2" is not a valid name and version',
    'components[5]: is malformed',
    'components[6]: "" has no package URL',
    'components[6].components[0].components[0]: is malformed',
    'os3: is a distribution without a name',
    'os2: alpine 3.20 is a second distribution beside debian 12',
    'deb: is of ubuntu:22.04, and the distribution is debian 12; so are 1 more',
  ]);
});

test('reports a few of many problems, and a document without packages', () => {
  const many = cyclonedxInventory(Array.from({ length: 30 }, () => ({ type: 'library', name: 'x' })));
  assert.equal(problems(many).length, 21);
  assert.equal(problems(many).at(-1), 'sbom: has 10 more problems of the kinds above');
  assert.equal(many.statuses[0]?.status, 'failed');
  for (const empty of [
    cyclonedxInventory([]),
    spdxInventory([]),
    cyclonedxInventory([{ type: 'file', name: 'a' }]),
  ])
    assert.deepEqual(problems(empty), ['sbom: lists no packages']);
});

test('merges a package listed twice at one place, and keeps it at two places', () => {
  const purl = 'pkg:npm/a@1';
  const at = (path: string): object => ({ purl, properties: properties({ 'syft:location:0:path': path }) });
  assert.equal(cyclonedxInventory([{ purl }, { purl }, at('/b'), at('/b'), at('/c')]).packages.length, 3);
});
