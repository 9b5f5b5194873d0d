import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Distro } from '../model/distro.ts';
import type { ListedPackage } from '../model/package.ts';
import { isVendorPackage } from './vendor-packages.ts';

const distro = (id: string): Distro => ({ id, like: [] });
const deb = (more: Partial<ListedPackage> = {}): ListedPackage => ({
  type: 'deb',
  name: 'a',
  version: '1-1',
  ...more,
});
const rpm = (vendor?: string): ListedPackage => ({
  type: 'rpm',
  name: 'a',
  version: '1-1',
  ...(vendor !== undefined && { vendor }),
});
const usual = 'usr/lib/node_modules/a/package.json';

test('counts a package as one of the distribution by vendor, maintainer and path', () => {
  const cases: readonly (readonly [ListedPackage, string, string, boolean])[] = [
    [deb({ supplier: 'A <a@debian.org>' }), usual, 'debian', true],
    [deb({ supplier: 'A <a@gmail.com>' }), usual, 'debian', true],
    [deb(), 'usr/share/nodejs/a/package.json', 'ubuntu', true],
    [deb({ supplier: 'Node <dev@nodesource.com>' }), usual, 'debian', false],
    [deb({ supplier: 'Docker <support@docker.com>' }), usual, 'debian', false],
    [deb({ supplier: 'A <a@sub.nvidia.com>' }), usual, 'debian', false],
    [deb({ supplier: 'A <a@notnvidia.com>' }), usual, 'debian', true],
    [deb({ version: '20.1-1nodesource1' }), usual, 'debian', false],
    [deb(), 'opt/acme/node_modules/a/package.json', 'debian', false],
    [deb(), 'usr/local/lib/node_modules/a/package.json', 'debian', false],
    [{ ...deb(), type: 'alpm', supplier: 'Unknown Packager' }, usual, 'arch', false],
    [{ ...deb(), type: 'alpm', supplier: 'A <a@archlinux.org>' }, usual, 'arch', true],
    [rpm('Red Hat, Inc.'), 'opt/rh/a/package.json', 'rhel', true],
    [rpm('Fedora Project'), usual, 'rhel', false],
    [rpm('SUSE LLC <https://www.suse.com/>'), usual, 'sles', true],
    [rpm(), usual, 'rhel', true],
    [rpm(), 'opt/acme/package.json', 'rhel', false],
  ];
  for (const [item, path, id, expected] of cases)
    assert.equal(isVendorPackage(item, path, distro(id)), expected, JSON.stringify([item, path, id]));
});
