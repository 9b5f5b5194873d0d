import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lookup, lookupOf } from './lookup.ts';

const source = { name: 's', version: '2-1' };
const item = { name: 'p', version: '1-1' };

function asked(
  type: string,
  name: string,
  changes: { source?: typeof source; version?: string } = {},
): Lookup | undefined {
  return lookupOf({ type, ...item, ...changes }, { name, versionScheme: 'x' });
}

test('looks up deb and apk packages by their source, and all others by their own name', () => {
  const at = (name: string): { namespace: Lookup['namespace'] } => ({
    namespace: { name, versionScheme: 'x' },
  });
  assert.deepEqual(asked('deb', 'debian:12', { source }), { ...at('debian:12'), ...source });
  assert.deepEqual(asked('apk', 'alpine:v3.19', { source }), { ...at('alpine:v3.19'), ...source });
  assert.equal(asked('deb', 'ubuntu:24.04'), undefined);
  assert.deepEqual(asked('rpm', 'rhel:9'), { ...at('rhel:9'), ...item });
  assert.deepEqual(asked('alpm', 'arch', { source }), { ...at('arch'), ...item });
  assert.deepEqual(asked('npm', 'npm'), { ...at('npm'), ...item });
});

test('looks up the standard library of Go without the prefix that Go writes', () => {
  assert.equal(asked('golang', 'golang', { version: 'go1.16.2' })?.version, '1.16.2');
  assert.equal(asked('golang', 'golang', { version: 'v1.16.2' })?.version, 'v1.16.2');
  assert.equal(asked('npm', 'npm', { version: 'go1.16.2' })?.version, 'go1.16.2');
});

test('looks up packages of some rpm distributions by source package, with the epoch of the binary package', () => {
  assert.equal(asked('rpm', 'azurelinux:3.0', { source })?.version, '2-1');
  assert.equal(asked('rpm', 'mariner:2.0', { source, version: '4:1-1' })?.version, '4:2-1');
  assert.equal(asked('rpm', 'photon:5.0', { source })?.name, 's');
});

test("keeps the version of an rpm's source package, with the epoch of the binary package", () => {
  const versions = (name: string, version = '1-1') => {
    const lookup = asked('rpm', name, { source, version });
    return [lookup?.name, lookup?.version, lookup?.sourceVersion];
  };
  assert.deepEqual(versions('rhel:9'), ['p', '1-1', '2-1']);
  assert.deepEqual(versions('rocky:9', '4:1-1'), ['p', '4:1-1', '4:2-1']);
  assert.deepEqual(versions('azurelinux:3.0', '4:1-1'), ['s', '4:2-1', '4:2-1']);
  assert.equal(asked('rpm', 'rhel:9')?.sourceVersion, undefined);
  assert.equal(asked('deb', 'debian:12', { source })?.sourceVersion, undefined);
});

test('looks up packages of openEuler without their epochs, which its advisories lack', () => {
  const lookup = asked('rpm', 'openeuler:22.03-LTS-SP3', { source, version: '1:1-1' });
  assert.deepEqual([lookup?.name, lookup?.version, lookup?.sourceVersion], ['p', '1-1', '2-1']);
});

test('looks up packages of CentOS among the advisories of RHEL', () => {
  assert.equal(asked('rpm', 'centos:7')?.namespace.name, 'rhel:7');
});
