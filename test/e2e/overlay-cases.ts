import type { TarEntryPlan } from '../../src/testing/tar-writer.ts';

/** Layers of a case, the lowest first. */
export interface OverlayCase {
  readonly name: string;
  readonly layers: readonly (readonly TarEntryPlan[])[];
}

const status = 'var/lib/dpkg/status';

function dpkg(path: string, ...names: readonly string[]): TarEntryPlan {
  const stanza = (name: string): string =>
    `Package: ${name}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\nMaintainer: x\nDescription: x\n\n`;
  return { path, content: names.map(stanza).join('') };
}

function entry(path: string, name: string): TarEntryPlan {
  return { path, content: `Package: ${name}\nVersion: 1-1\nArchitecture: all\n` };
}

function apk(path: string, ...names: readonly string[]): TarEntryPlan {
  return { path, content: names.map((name) => `P:${name}\nV:1.0-r0\nA:x86_64\n\n`).join('') };
}

function release(path: string, versionId = '12'): TarEntryPlan {
  return { path, content: `ID=debian\nVERSION_ID=${versionId}\n` };
}

const link = (path: string, target: string): TarEntryPlan => ({ path, target });
const hard = (path: string, target: string): TarEntryPlan => ({ path, target, type: 'hardlink' });
const gone = (path: string): TarEntryPlan => ({ path: path.replace(/([^/]*)$/, '.wh.$1'), content: '' });
const opaque = (directory: string): TarEntryPlan => ({ path: `${directory}.wh..wh..opq`, content: '' });
const directory = (path: string): TarEntryPlan => ({ path: `${path}/` });

const base = [release('etc/os-release'), dpkg(status, 'a', 'b')];

const replacing: OverlayCase[] = [
  { name: 'the database of the upper layer stands', layers: [base, [dpkg(status, 'a', 'c')]] },
  { name: 'the same file twice in a layer: the last stands', layers: [[...base, dpkg(status, 'late')]] },
  {
    name: 'a file over the directory of the database',
    layers: [base, [{ path: 'var/lib/dpkg', content: 'x' }]],
  },
  {
    name: 'a file over the directory of the database, and a directory again',
    layers: [
      base,
      [{ path: 'var/lib/dpkg', content: 'x' }],
      [directory('var/lib/dpkg'), dpkg(status, 'again')],
    ],
  },
  {
    name: 'a file over the directory of the database, and at once a directory again',
    layers: [
      base,
      [{ path: 'var/lib/dpkg', content: 'x' }, directory('var/lib/dpkg'), dpkg(status, 'again')],
    ],
  },
  { name: 'a directory over the database', layers: [base, [directory(status)]] },
  {
    name: 'a directory over its own directory keeps what is in it',
    layers: [base, [directory('var/lib/dpkg')]],
  },
  {
    name: 'names with ./ and / in front',
    layers: [base, [dpkg(`./${status}`, 'dot')], [dpkg(`/${status}`, 'slash')]],
  },
  {
    name: 'entries of status.d of all layers',
    layers: [
      [
        release('etc/os-release'),
        entry('var/lib/dpkg/status.d/a', 'a'),
        entry('var/lib/dpkg/status.d/b', 'b'),
      ],
      [entry('var/lib/dpkg/status.d/c', 'c')],
      [entry('var/lib/dpkg/status.d/b', 'b2'), gone('var/lib/dpkg/status.d/a')],
    ],
  },
];

const whiteouts: OverlayCase[] = [
  { name: 'a whiteout of the database', layers: [base, [gone(status)]] },
  { name: 'a whiteout of a directory above it', layers: [base, [gone('var/lib')]] },
  {
    name: 'a whiteout, then the database again in the same layer',
    layers: [base, [gone(status), dpkg(status, 'new')]],
  },
  {
    name: 'the database again, then a whiteout in the same layer',
    layers: [base, [dpkg(status, 'new'), gone(status)]],
  },
  {
    name: 'a whiteout of the directory, then a new one',
    layers: [base, [gone('var/lib/dpkg'), directory('var/lib/dpkg'), dpkg(status, 'new')]],
  },
  {
    name: 'a whiteout of something that never was',
    layers: [base, [gone('var/lib/rpm'), gone('nothing/at/all')]],
  },
  {
    name: 'a whiteout, and the database again in a higher layer',
    layers: [base, [gone(status)], [dpkg(status, 'new')]],
  },
  {
    name: 'a whiteout of the release file',
    layers: [[...base, release('usr/lib/os-release', '11')], [gone('etc/os-release')]],
  },
];

const opaques: OverlayCase[] = [
  {
    name: 'an opaque directory, then its entries',
    layers: [base, [directory('var/lib/dpkg'), opaque('var/lib/dpkg/'), dpkg(status, 'new')]],
  },
  {
    name: 'the entries of an opaque directory, then its marker',
    layers: [base, [directory('var/lib/dpkg'), dpkg(status, 'new'), opaque('var/lib/dpkg/')]],
  },
  {
    name: 'an opaque directory without entries',
    layers: [base, [directory('var/lib/dpkg'), opaque('var/lib/dpkg/')]],
  },
  {
    name: 'an opaque directory further up',
    layers: [base, [directory('var/lib'), opaque('var/lib/'), entry('var/lib/dpkg/status.d/new', 'new')]],
  },
  { name: 'an opaque root', layers: [base, [opaque(''), apk('lib/apk/db/installed', 'musl')]] },
  {
    name: 'an opaque status.d',
    layers: [
      [...base, entry('var/lib/dpkg/status.d/x', 'x')],
      [opaque('var/lib/dpkg/status.d/'), entry('var/lib/dpkg/status.d/y', 'y')],
    ],
  },
  {
    name: 'an opaque directory hides nothing of the layers above',
    layers: [base, [opaque('var/lib/dpkg/')], [dpkg(status, 'above')]],
  },
];

const hardLinks: OverlayCase[] = [
  {
    name: 'a hard link to a file of its own layer',
    layers: [[release('etc/os-release'), dpkg('opt/db', 'a'), hard(status, 'opt/db')]],
  },
  {
    name: 'a hard link whose other name is whited out',
    layers: [[release('etc/os-release'), dpkg('opt/db', 'a'), hard(status, 'opt/db')], [gone('opt/db')]],
  },
  {
    name: 'a hard link to a file of a lower layer',
    layers: [[release('etc/os-release'), dpkg('opt/db', 'a')], [hard(status, 'opt/db')]],
  },
  {
    name: 'a hard link to a file of a lower layer that is whited out later',
    layers: [[release('etc/os-release'), dpkg('opt/db', 'a')], [hard(status, 'opt/db')], [gone('opt/db')]],
  },
  {
    name: 'a hard link whose other name is replaced',
    layers: [[release('etc/os-release'), dpkg('opt/db', 'a'), hard(status, 'opt/db')], [dpkg('opt/db', 'b')]],
  },
  {
    name: 'a hard link that is replaced',
    layers: [[release('etc/os-release'), dpkg('opt/db', 'a'), hard(status, 'opt/db')], [dpkg(status, 'b')]],
  },
  {
    name: 'a second name of the database that takes its place when it is gone',
    layers: [[...base, hard('opt/db', status)], [gone(status)], [hard(status, 'opt/db')]],
  },
  {
    name: 'a hard link to a hard link',
    layers: [
      [release('etc/os-release'), dpkg('opt/db', 'a'), hard('opt/db2', 'opt/db'), hard(status, 'opt/db2')],
    ],
  },
  {
    name: 'a hard link with ./ in its target',
    layers: [[release('etc/os-release'), dpkg('./opt/db', 'a'), hard(`./${status}`, './opt/db')]],
  },
  {
    name: 'a hard-linked release file',
    layers: [[release('opt/x'), hard('etc/os-release', 'opt/x'), dpkg(status, 'a')], [gone('opt/x')]],
  },
];

const links: OverlayCase[] = [
  {
    name: 'the directory of the database is a link, relative',
    layers: [
      [
        release('etc/os-release'),
        link('var/lib/dpkg', '../../usr/share/db'),
        dpkg('usr/share/db/status', 'a'),
      ],
    ],
  },
  {
    name: 'the directory of the database is a link to a path that is not scanned',
    layers: [[release('etc/os-release'), link('var/lib/dpkg', '/data/dpkg'), dpkg('data/dpkg/status', 'a')]],
  },
  {
    name: 'the same in two layers, the link above',
    layers: [
      [release('etc/os-release'), dpkg('data/dpkg/status', 'a')],
      [link('var/lib/dpkg', '/data/dpkg')],
    ],
  },
  {
    name: 'the same in two layers, the database above',
    layers: [
      [release('etc/os-release'), link('var/lib/dpkg', '/data/dpkg')],
      [dpkg('data/dpkg/status', 'a')],
    ],
  },
  {
    name: 'a linked database that is replaced at its target',
    layers: [
      [release('etc/os-release'), link('var/lib/dpkg', '/data/dpkg'), dpkg('data/dpkg/status', 'a')],
      [dpkg('data/dpkg/status', 'b')],
    ],
  },
  {
    name: 'a linked database that is whited out at its target',
    layers: [
      [release('etc/os-release'), link('var/lib/dpkg', '/data/dpkg'), dpkg('data/dpkg/status', 'a')],
      [gone('data/dpkg')],
    ],
  },
  {
    name: 'a whiteout of the link',
    layers: [
      [release('etc/os-release'), link('var/lib/dpkg', '/data/dpkg'), dpkg('data/dpkg/status', 'a')],
      [gone('var/lib/dpkg')],
    ],
  },
  {
    name: 'a directory over the link',
    layers: [
      [release('etc/os-release'), link('var/lib/dpkg', '/data/dpkg'), dpkg('data/dpkg/status', 'a')],
      [directory('var/lib/dpkg'), dpkg(status, 'b')],
    ],
  },
  {
    name: 'a link over the directory',
    layers: [base, [link('var/lib/dpkg', '/data/dpkg'), dpkg('data/dpkg/status', 'linked')]],
  },
  {
    name: 'a link over the directory, without a target',
    layers: [base, [link('var/lib/dpkg', '/data/dpkg')]],
  },
  {
    name: 'a database written through a link of a lower layer',
    layers: [
      [release('etc/os-release'), directory('data/dpkg'), link('var/lib/dpkg', '/data/dpkg')],
      [dpkg(status, 'through')],
    ],
  },
  {
    name: 'a whiteout through a link of a lower layer',
    layers: [
      [release('etc/os-release'), link('var/lib/dpkg', '/data/dpkg'), dpkg('data/dpkg/status', 'a')],
      [gone(status)],
    ],
  },
  {
    name: 'the database itself is a link',
    layers: [[release('etc/os-release'), link(status, '/data/status'), dpkg('data/status', 'a')]],
  },
  {
    name: 'a link over the database',
    layers: [base, [link(status, '../../../data/status'), dpkg('data/status', 'linked')]],
  },
  {
    name: 'a link of a link',
    layers: [
      [
        release('etc/os-release'),
        link('var/lib/dpkg', '/data'),
        link('data', 'srv/dpkg'),
        dpkg('srv/dpkg/status', 'a'),
      ],
    ],
  },
  {
    name: 'status.d is a link',
    layers: [
      [
        release('etc/os-release'),
        link('var/lib/dpkg/status.d', '/data/entries'),
        entry('data/entries/a', 'a'),
      ],
      [entry('data/entries/b', 'b')],
    ],
  },
  {
    name: 'an entry of status.d is a link',
    layers: [[release('etc/os-release'), link('var/lib/dpkg/status.d/a', '/data/a'), entry('data/a', 'a')]],
  },
  {
    name: 'links in a circle',
    layers: [[release('etc/os-release'), link('var/lib/dpkg', '/data'), link('data', 'var/lib/dpkg')]],
  },
  {
    name: 'a link above the root',
    layers: [
      [
        release('etc/os-release'),
        link('var/lib/dpkg', '../../../../data/dpkg'),
        dpkg('data/dpkg/status', 'a'),
      ],
    ],
  },
  {
    name: 'the release file is a link to a path that is not scanned',
    layers: [[release('opt/x'), link('etc/os-release', '/opt/x'), dpkg(status, 'a')]],
  },
  {
    name: 'the release file is a link to the other',
    layers: [
      [release('usr/lib/os-release'), link('etc/os-release', '../usr/lib/os-release'), dpkg(status, 'a')],
    ],
  },
  {
    name: 'the release file is a link to nothing',
    layers: [[release('usr/lib/os-release', '11'), link('etc/os-release', '/opt/x'), dpkg(status, 'a')]],
  },
  {
    name: 'the link of the release file is replaced',
    layers: [
      [release('opt/x', '11'), link('etc/os-release', '/opt/x'), dpkg(status, 'a')],
      [release('etc/os-release', '13')],
    ],
  },
  {
    name: 'etc is a link',
    layers: [[link('etc', 'usr/etc'), release('usr/etc/os-release'), dpkg(status, 'a')]],
  },
  {
    name: 'a file, then a link in its place in one layer',
    layers: [[...base, dpkg('data/status', 'linked'), link(status, '/data/status')]],
  },
  {
    name: 'a link, then a file in its place in one layer',
    layers: [
      [
        release('etc/os-release'),
        dpkg('data/status', 'linked'),
        link(status, '/data/status'),
        dpkg(status, 'own'),
      ],
    ],
  },
];

const merged: OverlayCase[] = [
  {
    name: 'apk, usr-merged: the database once',
    layers: [[link('lib', 'usr/lib'), apk('usr/lib/apk/db/installed', 'musl', 'zlib')]],
  },
  {
    name: 'apk, usr-merged, absolute link',
    layers: [[link('lib', '/usr/lib'), apk('usr/lib/apk/db/installed', 'musl', 'zlib')]],
  },
  {
    name: 'apk, usr-merged, the database replaced above',
    layers: [
      [link('lib', 'usr/lib'), apk('usr/lib/apk/db/installed', 'musl')],
      [apk('usr/lib/apk/db/installed', 'musl', 'zlib')],
    ],
  },
  {
    name: 'apk, merged in a later layer',
    layers: [
      [apk('lib/apk/db/installed', 'musl')],
      [gone('lib'), link('lib', 'usr/lib'), apk('usr/lib/apk/db/installed', 'zlib')],
    ],
  },
  {
    name: 'apk, merged the other way round',
    layers: [[link('usr/lib', '../lib'), apk('lib/apk/db/installed', 'musl')]],
  },
  {
    name: 'apk, written through the link of a lower layer',
    layers: [
      [link('lib', 'usr/lib'), apk('usr/lib/apk/db/installed', 'musl')],
      [apk('lib/apk/db/installed', 'zlib')],
    ],
  },
];

/** Cases of the OCI image-spec, "Applying Changesets", and of further rules that unpackers share. */
export const overlayCases: readonly OverlayCase[] = [
  ...replacing,
  ...whiteouts,
  ...opaques,
  ...hardLinks,
  ...links,
  ...merged,
];
