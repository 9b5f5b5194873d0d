import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackageURL } from 'packageurl-js';
import { plugin as acme } from '../../../examples/plugins/acme-lister.ts';
import { builtIn, loadDeclaredListers } from '../../extensions.ts';
import type { AnyLister } from '../../plugin/extensions.ts';
import { ListedPurls } from './listed-purls.ts';

const debian = { id: 'debian', versionId: '12', like: [] };

function purlsOf(listers: readonly AnyLister[]): (lister: string, type: string, name: string) => string {
  const purls = new ListedPurls(debian, { listers });
  return (lister, type, name) => purls.purlOf(lister, { type, name, version: '1.0' });
}

test('keeps the case of a name of a plugin, and writes its namespace', () => {
  const purl = purlsOf([...builtIn.listers, ...(acme.listers ?? [])]);
  assert.equal(purl('acme', 'acme', 'Rocket'), 'pkg:acme/Rocket@1.0');
  assert.equal(purl('acme', 'acme', 'rocket'), 'pkg:acme/rocket@1.0');
  const anvil = purl('acme', 'acme', 'Acme/Anvil');
  assert.equal(anvil, new PackageURL('acme', 'Acme', 'Anvil', '1.0', null, null).toString());
});

test('writes a name whole if its lister states no separator, and by another type than its ecosystem', () => {
  const [lister] = acme.listers ?? [];
  assert.ok(lister);
  const { purlSeparator: _, ...whole } = lister;
  const purl = purlsOf([whole]);
  assert.equal(purl('acme', 'acme', 'Acme/Anvil'), 'pkg:acme/Acme%2FAnvil@1.0');
  assert.equal(purl('acme', 'acme-tool', 'Saw'), 'pkg:acme-tool/Saw@1.0');
  // The names of packages of Debian are in lower case, whatever lists them.
  assert.equal(purl('acme', 'deb', 'Bash'), 'pkg:deb/bash@1.0');
});

test('adds the distribution to packages that belong to one, whatever lists them', () => {
  const { ecosystem: _, ...ofDistribution } = acme.listers?.[0] ?? assert.fail();
  const purl = purlsOf([...builtIn.listers, ofDistribution]);
  assert.equal(purl('acme', 'acme', 'Rocket'), 'pkg:acme/debian/rocket@1.0?distro=debian-12');
  assert.equal(purl('dpkg', 'deb', 'bash'), 'pkg:deb/debian/bash@1.0?distro=debian-12');
  const rpm = purl('claimed-rpms-almalinux-8', 'rpm', 'openssl-libs');
  assert.equal(rpm, 'pkg:rpm/almalinux/openssl-libs@1.0?distro=almalinux-8');
});

test('writes packages without advisories as packages of a registry, also from lock files', async () => {
  const purl = purlsOf([...builtIn.listers, ...(await loadDeclaredListers())]);
  assert.equal(purl('opam', 'opam', 'Foo'), 'pkg:opam/Foo@1.0');
  assert.equal(purl('declared-conan', 'conan', 'Poco'), 'pkg:conan/Poco@1.0');
  assert.equal(purl('wordpress', 'wordpress', 'plugin/akismet'), 'pkg:wordpress/plugin/akismet@1.0');
  assert.equal(purl('vscode-extension', 'vscode-extension', 'a/b'), 'pkg:vscode-extension/a/b@1.0');
  assert.equal(purl('ai-model', 'ai-model', 'a/b'), 'pkg:ai-model/a%2Fb@1.0');
  assert.equal(purl('maven', 'maven', 'org.a:b'), 'pkg:maven/org.a/b@1.0');
});
