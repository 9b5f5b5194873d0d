import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Distro } from '../../model/distro.ts';
import { lsbRelease } from './lsb-release.ts';

function detect(text: string): Distro | undefined {
  return lsbRelease.detect(new Map([['etc/lsb-release', Buffer.from(text)]]));
}

suite('lsb-release', () => {
  test('reads Ubuntu, with and without quotes', () => {
    const ubuntu = {
      id: 'ubuntu',
      versionId: '18.04',
      versionCodename: 'bionic',
      prettyName: 'Ubuntu 18.04.2 LTS',
      like: [],
    };
    const text =
      'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=18.04\nDISTRIB_CODENAME=bionic\nDISTRIB_DESCRIPTION="Ubuntu 18.04.2 LTS"\n';
    assert.deepEqual(detect(text), ubuntu);
    assert.deepEqual(detect(text.replace('Ubuntu\n', '"Ubuntu"\n')), ubuntu);
  });

  test('maps distributor ids to those of os-release', () => {
    assert.equal(detect('DISTRIB_ID="SUSE LINUX"\nDISTRIB_RELEASE=12')?.id, 'sles');
    assert.equal(detect('DISTRIB_ID=RedHatEnterpriseServer\nDISTRIB_RELEASE=6.5')?.id, 'rhel');
    assert.equal(detect('DISTRIB_ID=constructor')?.id, 'constructor');
  });

  test('returns nothing without a usable distributor', () => {
    for (const text of ['', 'LSB_VERSION=1.4', 'DISTRIB_ID=', 'DISTRIB_ID="ü"'])
      assert.equal(detect(text), undefined);
  });
});
