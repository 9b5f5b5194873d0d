import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upgradeText } from './upgrade-text.ts';

const item = { type: 'deb', name: 'openssl', version: '3.0.1', fixedVersion: '3.0.2', comparesSource: true };
const upgrade = {
  kind: 'distro-package',
  package: 'openssl',
  fixedVersion: '3.0.2',
  packages: [item],
} as const;

test('names the versions to upgrade from, if they are known', () => {
  assert.equal(upgradeText({ ...upgrade, versions: ['3.0.1'] }), 'Upgrade openssl from 3.0.1 to 3.0.2');
  assert.equal(upgradeText({ ...upgrade, versions: [] }), 'Upgrade openssl to 3.0.2');
});

test('names the packages of a source package with another name', () => {
  const packages = [{ ...item, name: 'libssl3' }, item];
  assert.equal(
    upgradeText({ ...upgrade, versions: [], packages }),
    'Upgrade openssl to 3.0.2 (libssl3, openssl)',
  );
  assert.equal(
    upgradeText({ ...upgrade, versions: [], packages: packages.slice(0, 1) }),
    'Upgrade openssl to 3.0.2 (libssl3)',
  );
});
