import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conditions } from '../model/vulnerability.ts';
import { applies as appliesIn, type Installed } from './applies.ts';

const row = { namespace: { name: 'rhel:9', versionScheme: 'rpm' }, affectedPackage: 'openssl' };
const applies = (only: Conditions | undefined, installed: Installed): boolean =>
  appliesIn({ ...row, ...(only && { only }) }, installed);

const rpm = (version: string, more: Partial<Installed> = {}): Installed => ({
  type: 'rpm',
  version,
  arch: 'x86_64',
  ...more,
});
const plain = rpm('2.34-83.el9');

test('a row without conditions applies to ordinary builds', () => {
  assert.ok(applies(undefined, plain));
  assert.ok(applies({}, plain));
});

test('matches the architectures of the row, and packages without machine code always', () => {
  assert.ok(applies({ arch: ['aarch64', 'x86_64'] }, plain));
  assert.ok(!applies({ arch: ['aarch64'] }, plain));
  assert.ok(applies({ arch: ['noarch'] }, plain));
  assert.ok(applies({ arch: ['aarch64'] }, rpm('1-1', { arch: 'noarch' })));
  for (const arch of ['x86_65', 'amd64', 'x86_64_v2', 'X86_64', 'none'])
    assert.ok(applies({ arch: ['x86_64'] }, rpm('1-1', { arch })), arch);
});

test('a row of a source package applies to all binary packages built from it', () => {
  const source = (name: string) => rpm('3.5.1-3.el9', { source: { name, version: '3.5.1-3.el9' } });
  for (const arch of [['src'], ['src', 'aarch64']]) {
    assert.ok(applies({ arch }, source('openssl')));
    assert.ok(applies({ arch }, { ...source('openssl'), arch: 'noarch' }));
    assert.ok(!applies({ arch }, source('openssl-fips-provider')));
    assert.ok(!applies({ arch }, plain), 'its source package is unknown');
  }
  assert.ok(!applies({ arch: ['src'], module: 'a:1' }, source('openssl')));
  assert.ok(!applies({ arch: ['src'], products: ['cpe:/o:redhat:rhel_els:7'] }, source('openssl')));
  assert.ok(
    applies({ arch: ['x86_64'] }, source('other')),
    'the name of a binary package is met in the store',
  );
});

test('matches a module stream by name and stream, and never with ordinary builds', () => {
  const label = { modularity: 'nodejs:18:9020020230327152102:rhel9' };
  const modular = rpm('1:18.14.2-2.module+el9.2.0+18497+5f2c6af2', label);
  assert.ok(applies({ module: 'nodejs:18' }, modular));
  assert.ok(applies({ module: '*' }, modular));
  assert.ok(!applies({ module: 'nodejs:16' }, modular));
  assert.ok(!applies({ module: 'nodejs:1' }, modular));
  assert.ok(!applies({}, modular));
  assert.ok(!applies({ module: 'nodejs:18' }, plain));
  assert.ok(!applies({ module: '*' }, plain));
});

test('treats a module build without its label as one of an unknown stream', () => {
  const unlabelled = rpm('3.6.8-38.module_el8.5.0+2569+5c5719bd');
  assert.ok(applies({ module: '*' }, unlabelled));
  assert.ok(!applies({ module: 'python36:3.6' }, unlabelled));
  assert.ok(!applies(undefined, unlabelled));
});

test('compares ksplice and FIPS builds with their own kind only', () => {
  const ksplice = rpm('2:2.17-317.0.1.ksplice1.el7');
  const fips = rpm('10:3.6.16-4.0.1.el8_fips');
  assert.ok(applies({ flavour: 'ksplice' }, ksplice));
  assert.ok(!applies(undefined, ksplice));
  assert.ok(!applies({ flavour: 'fips' }, ksplice));
  assert.ok(applies({ flavour: 'fips' }, fips));
  assert.ok(!applies({ flavour: 'fips' }, plain));
});

test('ignores these conditions for other package types', () => {
  assert.ok(applies(undefined, { type: 'deb', version: '1.module+x' }));
  for (const type of ['deb', 'apk', 'alpm'])
    assert.ok(applies({ arch: ['aarch64'], module: 'a:1' }, { type, version: '1', arch: 'x86_64' }));
});

test('rows of extended support or other products do not apply unless the image uses them', () => {
  const general = 'cpe:/a:redhat:enterprise_linux:9::appstream';
  const extended = 'cpe:/a:redhat:rhel_eus:9.2::appstream';
  assert.ok(applies({ products: [extended, general] }, plain));
  assert.ok(!applies({ products: [extended] }, plain));
});
