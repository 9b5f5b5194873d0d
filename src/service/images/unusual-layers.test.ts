import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { suite, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { builtIn } from '../../extensions.ts';
import {
  type Databases,
  databases,
  fileEntry,
  globalPaxEntry,
  gnuLongName,
  gnuLongTarget,
  type LayersOf,
  metadataEntry,
  octalSize,
  paxEntry,
  stackReader,
  unterminatedTar,
  zeroBlocks,
} from '../../testing/layer-stack.ts';
import { base256, paxRecords, type TarEntryPlan, tar } from '../../testing/tar-writer.ts';

const { readLayersOf } = stackReader(builtIn);

/** Unusual layers that all runtimes unpack in the same way, with the full database. */
const readable: Readonly<Record<string, LayersOf>> = {
  // end-marker
  'another archive follows the end': ({ path, full, decoy }) => [
    Buffer.concat([tar([fileEntry(path, full)]), tar([fileEntry(path, decoy)])]),
  ],
  'three blocks of zeros precede another archive': ({ path, full, decoy }) => [
    Buffer.concat([unterminatedTar([fileEntry(path, full)]), zeroBlocks(3), tar([fileEntry(path, decoy)])]),
  ],
  'the archive has no end': ({ path, full }) => [unterminatedTar([fileEntry(path, full)])],
  // pax-global
  'a global header has another name for the member': ({ path, full }) => [
    [globalPaxEntry({ path: 'elsewhere', size: '0' }), fileEntry(path, full)],
  ],
  'a header with the name of the database is overridden by a global one': ({ path, full, decoy }) => [
    [
      fileEntry(path, full),
      paxEntry({ path }),
      globalPaxEntry({ comment: 'x' }),
      fileEntry('elsewhere', decoy),
    ],
  ],
  'a long name is overridden by a global header': ({ path, full, decoy }) => [
    [
      fileEntry(path, full),
      gnuLongName(path),
      globalPaxEntry({ comment: 'x' }),
      fileEntry('elsewhere', decoy),
    ],
  ],
  'a global header names sparse files': ({ path, full }) => [
    [globalPaxEntry({ 'GNU.sparse.name': 'elsewhere', 'GNU.sparse.major': '1' }), fileEntry(path, full)],
  ],
  // pax-records
  'a record is repeated': ({ path, full }) => [
    [
      metadataEntry('pax-header', paxRecords({ path: 'elsewhere' }) + paxRecords({ path })),
      fileEntry('a', full),
    ],
  ],
  'a record is repeated twice, the last time without a value': ({ path, full }) => [
    [
      metadataEntry(
        'pax-header',
        paxRecords({ path: 'x' }) + paxRecords({ path: 'y' }) + paxRecords({ path: '' }),
      ),
      fileEntry(path, full),
    ],
  ],
  'a second header replaces the first': ({ path, full, decoy }) => [
    [fileEntry(path, full), paxEntry({ path }), paxEntry({ mtime: '0' }), fileEntry('elsewhere', decoy)],
  ],
  'a value has the form of a record': ({ path, full }) => [
    [paxEntry({ comment: 'x\n22 path=elsewhere\n', path }), fileEntry('elsewhere', full)],
  ],
  // name-precedence
  'a long name comes before a path of pax': ({ path, full }) => [
    [gnuLongName(`${path}\0`), paxEntry({ path: 'elsewhere' }), fileEntry('a', full)],
  ],
  'a long name comes after a path of pax': ({ path, full }) => [
    [paxEntry({ path: 'elsewhere' }), gnuLongName(`${path}\0`), fileEntry('a', full)],
  ],
  'there are two long names, of which the last counts': ({ path, full }) => [
    [gnuLongName('elsewhere\0'), gnuLongName(`${path}\0`), fileEntry('a', full)],
  ],
  'a long name is empty': ({ path, full }) => [[gnuLongName(path), gnuLongName('\0'), fileEntry(path, full)]],
  'a long name ends at its first NUL': ({ path, full }) => [
    [gnuLongName(`${path}\0.bak`), fileEntry('a', full)],
  ],
  'a long target is empty': ({ path, full }) => {
    const directory = posix.dirname(path);
    return [
      [
        gnuLongTarget('\0'),
        { path: directory, target: '/opt/db' },
        fileEntry(`opt/db/${posix.basename(path)}`, full),
      ],
    ];
  },
  'there are a long target and a pax linkpath': ({ path, full }) => [
    [
      gnuLongTarget('/opt/db\0'),
      paxEntry({ linkpath: '/nowhere' }),
      { path: posix.dirname(path), target: '/a' },
      fileEntry(`opt/db/${posix.basename(path)}`, full),
    ],
  ],
  // header-dialect
  'a POSIX header with an odd version has a prefix': ({ path, full }) => [
    [fileEntry(posix.basename(path), full, { raw: { version: '\0\0', prefix: posix.dirname(path) } })],
  ],
  'a header of star has a shorter prefix': ({ path, full }) => [
    [
      fileEntry(posix.basename(path), full, {
        raw: { prefix: starPrefix(posix.dirname(path)) },
      }),
    ],
  ],
  'a header of GNU has times and no prefix': ({ path, full }) => [
    [fileEntry(path, full, { raw: { magic: 'ustar ', version: ' \0', prefix: '00000000000\0'.repeat(2) } })],
  ],
  'an old header has no prefix': ({ path, full }) => [
    [fileEntry(path, full, { raw: { magic: '\0\0\0\0\0\0', version: '\0\0', prefix: 'elsewhere' } })],
  ],
  // gnu-sparse
  ...Object.fromEntries(
    (['0.0', '0.1', '1.0'] as const).map((version) => [
      `the database is a sparse file of version ${version}`,
      ({ path, full }: Databases) => [sparse(version, path, full)],
    ]),
  ),
  'a sparse file has an unknown version and counts as an ordinary one': ({ path, full }) => [
    [
      paxEntry({ 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'x' }),
      fileEntry(path, full),
    ],
  ],
  'a sparse file has only a major version': ({ path, full }) => [
    [paxEntry({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'x' }), fileEntry(path, full)],
  ],
  // slash-directory
  'the name of a file ends with a slash': ({ path, full }) => [
    [fileEntry(`${path}/`, full, { type: 'file', raw: { typeflag: '0' } })],
  ],
  'a directory without a type has a size': ({ path, full }) => [
    [
      { path: 'dir/', type: 'directory', raw: { typeflag: '\0', size: '00000002000\0' } },
      fileEntry(path, full),
    ],
  ],
  'a link, a pipe and a device have sizes': ({ path, full }) => [
    [
      { path: 'link', target: 'x', raw: { size: '00000002000\0' } },
      { path: 'pipe', type: 'fifo', raw: { size: '00000002000\0' } },
      { path: 'device', type: 'character-device', raw: { size: '00000002000\0' } },
      paxEntry({ size: '1024' }),
      { path: 'dir/', type: 'directory' },
      fileEntry(path, full),
    ],
  ],
  // numeric-fields
  ...Object.fromEntries(
    Object.entries({
      'leading blanks': (length: string) => ` ${length}\0`.padStart(12, ' '),
      'leading NULs': (length: string) => length.padStart(11, '\0').padEnd(12, ' '),
      'trailing blanks and NULs': (length: string) => `${length} \0 \0`.padEnd(12, '\0'),
    }).map(([what, write]) => [
      `a size has ${what}`,
      ({ path, full }: Databases) => [[fileEntry(path, full, { raw: { size: write(octalSize(full)) } })]],
    ]),
  ),
  'a size is in base 256': ({ path, full }) => [
    [fileEntry(path, full, { raw: { size: base256(full.length) } })],
  ],
  'a pax size overrides another': ({ path, full, decoy }) => [
    [
      paxEntry({ size: `${full.length}` }),
      fileEntry(path, full, { raw: { size: '00000000000\0' } }),
      fileEntry('elsewhere', decoy),
    ],
  ],
  // name-bytes
  'names that are not UTF-8 differ in a byte': ({ path, full, decoy }) => {
    const name = posix.basename(path);
    const bytes = (...last: number[]): Buffer =>
      Buffer.concat([Buffer.from('opt/'), Buffer.from(last), Buffer.from(`/${name}`)]);
    const link = Buffer.concat([Buffer.from('/opt/'), Buffer.from([0xff])]);
    return [
      [
        { path: posix.dirname(path), target: '/x', raw: { linkname: link } },
        fileEntry('a', full, { raw: { name: bytes(0xff) } }),
        fileEntry('b', decoy, { raw: { name: bytes(0xfe) } }),
        fileEntry('c', decoy, { raw: { name: bytes(0xef, 0xbf, 0xbd) } }),
      ],
    ];
  },
  'names are composed and decomposed': ({ path, full, decoy }) => [
    [
      { path: posix.dirname(path), target: '/opt/\u00e9' },
      fileEntry(`opt/\u00e9/${posix.basename(path)}`, full),
      fileEntry(`opt/e\u0301/${posix.basename(path)}`, decoy),
    ],
  ],
  'a directory above the database is a link to its own parent': ({ path, full }) => {
    const [top = ''] = path.split('/');
    return [[{ path: top, target: '.' }, fileEntry(path, full)]];
  },
  // hard-links
  'a hard link leads to the database': ({ path, full }) => [
    [fileEntry('opt/db', full), { path, type: 'hardlink', target: 'opt/db' }],
  ],
  'hard links lead to each other': ({ path, full }) => [
    [
      fileEntry('opt/db', full),
      { path: 'opt/other', type: 'hardlink', target: './opt//db' },
      { path, type: 'hardlink', target: '/opt/other' },
    ],
  ],
  'a later layer replaces what a hard link shares': ({ path, full, decoy }) => [
    [fileEntry('opt/db', full), { path, type: 'hardlink', target: 'opt/db' }],
    [fileEntry('opt/db', decoy)],
  ],
  // compression
  'a layer is a gzip stream of two members': ({ path, full }) => {
    const bytes = tar([fileEntry(path, full)]);
    return [Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))])];
  },
  'a layer is a zstd stream of two frames with a skippable one between them': ({ path, full }) => {
    const bytes = tar([fileEntry(path, full)]);
    const skippable = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    return [
      Buffer.concat([
        zstdCompressSync(bytes.subarray(0, 700)),
        skippable,
        zstdCompressSync(bytes.subarray(700)),
      ]),
    ];
  },
};

function starPrefix(directory: string): Buffer {
  const field = Buffer.alloc(155);
  field.write(directory, 0, 131, 'latin1');
  field.write('00000000000\0', 131, 'latin1');
  field.write('00000000000', 143, 'latin1');
  return Buffer.concat([field, Buffer.from('\0tar\0', 'latin1')]);
}

/** Returns a sparse file with all its bytes as data, in the records of a sparse format version. */
function sparse(version: '0.0' | '0.1' | '1.0', path: string, content: Uint8Array): readonly TarEntryPlan[] {
  const length = `${content.length}`;
  const common = { 'GNU.sparse.name': path };
  if (version === '0.1')
    return [
      paxEntry({
        ...common,
        'GNU.sparse.size': length,
        'GNU.sparse.numblocks': '1',
        'GNU.sparse.map': `0,${length}`,
      }),
      fileEntry('GNUSparseFile.0/x', content),
    ];
  if (version === '0.0')
    return [
      paxEntry({
        'GNU.sparse.size': length,
        'GNU.sparse.numblocks': '1',
        'GNU.sparse.offset': '0',
        'GNU.sparse.numbytes': length,
        'GNU.sparse.major': '0',
        'GNU.sparse.minor': '0',
        ...common,
      }),
      fileEntry('GNUSparseFile.0/x', content),
    ];
  const map = Buffer.alloc(512);
  map.write(`1\n0\n${length}\n`);
  return [
    paxEntry({
      ...common,
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.realsize': length,
    }),
    fileEntry('GNUSparseFile.0/x', Buffer.concat([map, content])),
  ];
}

for (const [kind, given] of databases)
  suite(`${kind}: lists the packages of the database that runtimes show when`, () => {
    for (const [what, layers] of Object.entries(readable))
      test(what, async () => {
        assert.deepEqual(await readLayersOf(layers, given), { packages: ['base', 'openssl'], problems: [] });
      });
  });
