import type { TarEntryPlan } from '../../../src/testing/tar-writer.ts';
import type { Answer, HostileImage } from './hostile-image.ts';
import { oddTar } from './odd-tar.ts';
import { stanza, system } from './tar-pieces.ts';

const status = 'var/lib/dpkg/status';
const without: Answer = { packages: [], problem: /its content was not found/ };
const nothing: Answer = { packages: [] };
const replaced: Answer = { packages: [], problem: /which the layer replaces later/ };
const manyUnread: Answer = { packages: ['hello'], problem: /paths that were not read/ };
const unread: Answer = { packages: [], problem: /paths that were not read/ };

/** Links in cycles, chains and large numbers, and links that lead outside. */
export function oddLinks(): HostileImage[] {
  const elsewhere = Array.from({ length: 2000 }, (_, i) => link(`var/lib/dpkg/status.d/p${i}`, `/opt/${i}`));
  return [
    oddTar(
      'links in a circle',
      nothing,
      link('var/lib/dpkg', 'dpkg'),
      link('etc/os-release', '../etc/os-release'),
    ),
    oddTar('links in a wide circle', nothing, link('var/lib', '../opt'), link('opt', 'var/lib')),
    oddTar('a link that leads outside', nothing, link(status, '../../../../../../../../etc/passwd')),
    oddTar('a link to the host', nothing, link('var', '/proc/self/root/var')),
    oddTar('a chain of five links', { packages: ['x'] }, ...chainOf(5)),
    oddTar('a chain of 20 links', unread, ...chainOf(20)),
    oddTar('a chain of 60 links', unread, ...chainOf(60)),
    oddTar('links to 2,000 places', manyUnread, system, ...elsewhere),
    oddTar('a hard link to itself', without, hardLink(status, status)),
    oddTar('hard links in a circle', replaced, hardLink(status, 'opt/x'), hardLink('opt/x', status)),
    oddTar('a hard link that leads outside', without, hardLink(status, '../../../../etc/passwd')),
    oddTar('a hard link to a directory', replaced, hardLink(status, 'opt'), { path: 'opt/' }),
    oddTar('a pipe for a database', nothing, { path: status, type: 'fifo' }),
    oddTar('a device for a database', nothing, { path: 'lib/apk/db/installed', type: 'character-device' }),
    oddTar('a directory for a database', nothing, { path: 'var/lib/rpm/Packages/' }),
  ];
}

function link(path: string, target: string): TarEntryPlan {
  return { path, target };
}

function hardLink(path: string, target: string): TarEntryPlan {
  return { path, target, type: 'hardlink' };
}

/** Returns a database behind this many links, none of them at a relevant path. */
function chainOf(links: number): TarEntryPlan[] {
  const hops = Array.from({ length: links - 1 }, (_, i) => link(`opt/${i}`, `/opt/${i + 1}`));
  return [link(status, '/opt/0'), ...hops, { path: `opt/${links - 1}`, content: stanza('x') }];
}
