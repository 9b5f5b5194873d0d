import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespacesOfProduct } from './namespaces.ts';

test('maps a product stream to the release that it is for', () => {
  const cases: [cpe: string, evr: string | undefined, names: string][] = [
    ['cpe:/a:redhat:enterprise_linux:9::appstream', '0:1-1.el9', 'rhel:9'],
    ['cpe:/o:redhat:rhel_els:6', undefined, 'rhel:6'],
    ['cpe:/a:redhat:rhel_eus:9.2::crb', undefined, 'rhel:9'],
    ['cpe:/o:redhat:enterprise_linux:10.1', undefined, 'rhel:10'],
    ['cpe:/a:redhat:openshift:4.13::el8', '0:1-1', 'rhel:8'],
    ['cpe:/a:redhat:rhel_software_collections:3::el7', undefined, 'rhel:7'],
    ['cpe:/a:redhat:openshift:4.12', '0:1-2.rhaos4.12.git.el8', 'rhel:8'],
    ['cpe:/a:redhat:satellite:6', '0:1-1.module+el8.6.0+1', 'rhel:8'],
    ['cpe:/a:redhat:hummingbird:1', '0:1-1.hum1', 'hummingbird'],
    ['cpe:/a:redhat:openshift:4', undefined, 'rhel:6 rhel:7 rhel:8 rhel:9 rhel:10'],
  ];
  for (const [cpe, evr, names] of cases) assert.equal(namespacesOfProduct(cpe, evr).join(' '), names, cpe);
});
