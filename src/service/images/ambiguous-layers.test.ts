import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { suite, test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import {
  type Databases,
  databases,
  fileEntry,
  type LayersOf,
  metadataEntry,
  paxEntry,
  stackReader,
  unterminatedTar,
  zeroBlocks,
} from '../../testing/layer-stack.ts';
import { tar } from '../../testing/tar-writer.ts';

const { readLayersOf } = stackReader(builtIn);

/** Layers that runtimes unpack differently, or that would cost too much to read exactly. */
const ambiguous: Readonly<Record<string, LayersOf>> = {
  // hard-links
  'the layer replaces what a hard link shares': ({ path, full, decoy }) => [
    [fileEntry('opt/db', full), { path, type: 'hardlink', target: 'opt/db' }, fileEntry('opt/db', decoy)],
  ],
  'the layer replaces the directory of what a hard link shares': ({ path, full, decoy }) => [
    [
      fileEntry('opt/a/db', full),
      { path, type: 'hardlink', target: 'opt/a/db' },
      { path: 'opt/a', target: 'b' },
      fileEntry('opt/b/db', decoy),
    ],
  ],
  'the layer replaces the middle one of three hard links': ({ path, full, decoy }) => [
    [
      fileEntry('opt/db', full),
      { path: 'opt/other', type: 'hardlink', target: 'opt/db' },
      { path, type: 'hardlink', target: 'opt/other' },
      fileEntry('opt/other', decoy),
      fileEntry('opt/db', decoy),
    ],
  ],
  // links-in-order
  'the layer replaces a link of the path': ({ path, full, decoy }) => {
    const [directory, name] = [posix.dirname(path), posix.basename(path)];
    return [
      [
        { path: directory, target: '/opt/a' },
        fileEntry(`${directory}/${name}`, full),
        { path: directory, target: '/opt/b' },
        fileEntry(`opt/b/${name}`, decoy),
        { path: directory, target: '/opt/a' },
      ],
    ];
  },
  'the layer replaces a link of the path by a directory': ({ path, full, decoy }) => [
    [
      { path: posix.dirname(path), target: '/opt/a' },
      fileEntry(`opt/a/${posix.basename(path)}`, decoy),
      { path: posix.dirname(path), type: 'directory' },
      fileEntry(path, full),
    ],
  ],
  // links-across-layers
  'a member is below a link of a lower layer': ({ path, full, decoy }) => [
    [{ path: posix.dirname(path), target: '/opt/a' }, fileEntry(`opt/a/${posix.basename(path)}`, decoy)],
    [fileEntry(path, full)],
  ],
  'a member is two directories below a link of a lower layer': ({ path, full, decoy }) => {
    const [above = '', ...rest] = path.split('/');
    return [
      [{ path: above, target: 'real' }, fileEntry(`real/${rest.join('/')}`, decoy)],
      [fileEntry(path, full)],
    ];
  },
  'a whiteout is below a link of a lower layer': ({ path, full }) => [
    [{ path: posix.dirname(path), target: '/opt/a' }, fileEntry(`opt/a/${posix.basename(path)}`, full)],
    [fileEntry(`${posix.dirname(path)}/.wh.${posix.basename(path)}`, Buffer.alloc(0))],
  ],
  'an opaque marker is below a link of a lower layer': ({ path, full }) => [
    [{ path: posix.dirname(path), target: '/opt/a' }, fileEntry(`opt/a/${posix.basename(path)}`, full)],
    [fileEntry(`${posix.dirname(path)}/.wh..wh..opq`, Buffer.alloc(0))],
  ],
  // overlay-attributes
  ...Object.fromEntries(
    ['trusted.overlay.redirect', 'trusted.overlay.opaque', 'user.overlay.redirect'].map((attribute) => [
      `a directory on the way has the attribute ${attribute}`,
      ({ path, full, decoy }: Databases) => [
        [fileEntry(`opt/a/${posix.basename(path)}`, full), fileEntry(path, decoy)],
        [
          paxEntry({ [`SCHILY.xattr.${attribute}`]: '/opt/a' }),
          { path: `${posix.dirname(path)}/`, type: 'directory' },
        ],
      ],
    ]),
  ),
};

for (const [kind, given] of databases)
  suite(`${kind}: reports a reason when`, () => {
    for (const [what, layers] of Object.entries(ambiguous))
      test(what, async () => {
        const { problems } = await readLayersOf(layers, given);
        assert.match(problems.join('\n'), /hard link|symbolic link|below a link|attribute/);
      });
  });

/** Layers whose whiteouts and links take effect in the order of the archive. All runtimes show the full database. */
const inOrder: Readonly<Record<string, LayersOf>> = {
  'a whiteout comes before the database of its layer': ({ path, full, decoy }) => [
    [fileEntry(path, decoy)],
    [fileEntry(`${posix.dirname(path)}/.wh.${posix.basename(path)}`, Buffer.alloc(0)), fileEntry(path, full)],
  ],
  'an opaque marker comes after the database of its layer': ({ path, full, decoy }) => [
    [fileEntry(path, decoy)],
    [fileEntry(path, full), fileEntry(`${posix.dirname(path)}/.wh..wh..opq`, Buffer.alloc(0))],
  ],
  'a link replaces a directory after a whiteout in it': ({ path, full, decoy }) => [
    [fileEntry(path, decoy), fileEntry(`opt/a/${posix.basename(path)}`, full)],
    [
      fileEntry(`${posix.dirname(path)}/.wh.${posix.basename(path)}`, Buffer.alloc(0)),
      { path: posix.dirname(path), target: '/opt/a' },
    ],
  ],
  'the layer replaces a hard link to a link on the way to the database': ({ path, full }) => {
    const [top = ''] = path.split('/');
    return [
      [
        { path: top, target: 'x/y' },
        { path: 'opt/db', type: 'hardlink', target: top },
        { path, target: '/opt/db' },
        fileEntry('opt/db', full),
      ],
    ];
  },
  'a later layer changes where a link of a lower layer leads': ({ path, full }) => {
    const [top = ''] = path.split('/');
    return [
      [
        { path: 'd', target: posix.dirname(path) },
        { path: top, target: 'elsewhere' },
      ],
      [{ path: top, type: 'directory' }, fileEntry(`d/${posix.basename(path)}`, full)],
    ];
  },
  'a whiteout is below a link to the file of a lower layer': ({ path, full, decoy }) => [
    [fileEntry(path, decoy)],
    [
      { path: 'd', target: `/${path}/.` },
      fileEntry(`${posix.dirname(path)}/other`, full),
      fileEntry('d/.wh.x', Buffer.alloc(0)),
    ],
  ],
};

for (const [kind, given] of databases)
  suite(`${kind}: lists the packages that remain when`, () => {
    for (const [what, layers] of Object.entries(inOrder))
      test(what, async () => {
        const { packages, problems } = await readLayersOf(layers, given);
        assert.ok(packages.includes('openssl') || problems.length > 0, packages.join());
      });
  });

const refused: Readonly<Record<string, LayersOf>> = {
  'one block of zeros precedes a member': ({ path, full, decoy }) => [
    Buffer.concat([unterminatedTar([fileEntry(path, decoy)]), zeroBlocks(1), tar([fileEntry(path, full)])]),
  ],
  'a pax record has a wrong length': ({ path, full }) => [
    [metadataEntry('pax-header', '8 path=x\n'), fileEntry(path, full)],
  ],
  'a pax record does not end with a line feed': ({ path, full }) => [
    [metadataEntry('pax-header', '10 path=abc'), fileEntry(path, full)],
  ],
  'a pax record has no key': ({ path, full }) => [
    [metadataEntry('pax-header', '5 =x\n'), fileEntry(path, full)],
  ],
  'a size is not a number': ({ path, full }) => [[fileEntry(path, full, { raw: { size: '0000000z000\0' } })]],
  'a size is decimal': ({ path, full }) => [[fileEntry(path, full, { raw: { size: '00000000089\0' } })]],
  'a pax size is not a number': ({ path, full }) => [[paxEntry({ size: '0x10' }), fileEntry(path, full)]],
};

for (const [what, layers] of Object.entries(refused))
  test(`rejects a layer like Go when ${what}`, async () => {
    for (const [, given] of databases)
      await assert.rejects(readLayersOf(layers, given), { code: 'target-corrupt' });
  });
