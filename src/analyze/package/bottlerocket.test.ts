import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister } from '../../plugin/contract/index.ts';
import { bottlerocketLister } from './bottlerocket.ts';

const application = (Name: string, Epoch?: string) => ({
  Name,
  Publisher: 'Bottlerocket',
  Version: '2.43',
  Release: '1.1773716061.e2e9d7a9.br1',
  Epoch,
  InstalledTime: '2026-03-17T16:22:44Z',
  ApplicationType: 'Unspecified',
  Architecture: 'x86_64',
});

test('bottlerocket: lists the applications of the inventory, with their epoch', () => {
  const path = 'usr/share/bottlerocket/application-inventory.json';
  checkLister(bottlerocketLister, [
    {
      files: {
        [path]: JSON.stringify({ Content: [application('glibc', '1'), application('kernel-6.1', '0')] }),
        [`x86_64-bottlerocket-linux-gnu/sys-root/${path}`]: JSON.stringify({
          Content: [application('old'), { ...application('bad'), Release: '' }],
        }),
        [`aarch64-bottlerocket-linux-gnu/sys-root/${path}`]: '{"Content":{}}',
      },
      packages: [
        'glibc 1:2.43-1.1773716061.e2e9d7a9.br1',
        'kernel-6.1 2.43-1.1773716061.e2e9d7a9.br1',
        'old 2.43-1.1773716061.e2e9d7a9.br1',
      ],
      problems: 2,
    },
  ]);
  const [event] = bottlerocketLister.list(
    new Map([[path, Buffer.from(JSON.stringify({ Content: [application('glibc', '1')] }))]]),
  );
  assert.ok(event?.kind === 'package');
  assert.deepEqual(
    [event.package.type, event.package.arch, event.package.vendor],
    ['rpm', 'x86_64', 'Bottlerocket'],
  );
});
