import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { suite, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { builtIn } from '../../extensions.ts';
import {
  type Databases,
  databases,
  file,
  global,
  type Layers,
  longName,
  longTarget,
  open,
  pax,
  raw,
  size,
  stackReader,
  zeros,
} from '../../testing/layer-stack.ts';
import { base256, paxRecords, type TarEntry, tar } from '../../testing/tar-writer.ts';

const { seenIn } = stackReader(builtIn);

/** Layers of which all runtimes show the full database. */
const readable: Readonly<Record<string, Layers>> = {
  // end-marker
  'another archive lies behind the end': ({ path, full, decoy }) => [
    Buffer.concat([tar([file(path, full)]), tar([file(path, decoy)])]),
  ],
  'three blocks of zeros stand before another archive': ({ path, full, decoy }) => [
    Buffer.concat([open([file(path, full)]), zeros(3), tar([file(path, decoy)])]),
  ],
  'the archive has no end': ({ path, full }) => [open([file(path, full)])],
  // pax-global
  'a global header names the member otherwise': ({ path, full }) => [
    [global({ path: 'elsewhere', size: '0' }), file(path, full)],
  ],
  'a header that names the database is lost before a global one': ({ path, full, decoy }) => [
    [file(path, full), pax({ path }), global({ comment: 'x' }), file('elsewhere', decoy)],
  ],
  'a long name is lost before a global header': ({ path, full, decoy }) => [
    [file(path, full), longName(path), global({ comment: 'x' }), file('elsewhere', decoy)],
  ],
  'a global header names sparse files': ({ path, full }) => [
    [global({ 'GNU.sparse.name': 'elsewhere', 'GNU.sparse.major': '1' }), file(path, full)],
  ],
  // pax-records
  'a record comes twice': ({ path, full }) => [
    [raw('pax-header', paxRecords({ path: 'elsewhere' }) + paxRecords({ path })), file('a', full)],
  ],
  'a record comes three times, the last without a value': ({ path, full }) => [
    [
      raw('pax-header', paxRecords({ path: 'x' }) + paxRecords({ path: 'y' }) + paxRecords({ path: '' })),
      file(path, full),
    ],
  ],
  'a second header takes the place of the first': ({ path, full, decoy }) => [
    [file(path, full), pax({ path }), pax({ mtime: '0' }), file('elsewhere', decoy)],
  ],
  'a value has the form of a record': ({ path, full }) => [
    [pax({ comment: 'x\n22 path=elsewhere\n', path }), file('elsewhere', full)],
  ],
  // name-precedence
  'a long name comes before a path of pax': ({ path, full }) => [
    [longName(`${path}\0`), pax({ path: 'elsewhere' }), file('a', full)],
  ],
  'a long name comes after a path of pax': ({ path, full }) => [
    [pax({ path: 'elsewhere' }), longName(`${path}\0`), file('a', full)],
  ],
  'of two long names the last counts': ({ path, full }) => [
    [longName('elsewhere\0'), longName(`${path}\0`), file('a', full)],
  ],
  'a long name is empty': ({ path, full }) => [[longName(path), longName('\0'), file(path, full)]],
  'a long name ends at its first NUL': ({ path, full }) => [[longName(`${path}\0.bak`), file('a', full)]],
  'a long target is empty': ({ path, full }) => {
    const directory = posix.dirname(path);
    return [
      [
        longTarget('\0'),
        { path: directory, target: '/opt/db' },
        file(`opt/db/${posix.basename(path)}`, full),
      ],
    ];
  },
  'a long target comes beside a linkpath of pax': ({ path, full }) => [
    [
      longTarget('/opt/db\0'),
      pax({ linkpath: '/nowhere' }),
      { path: posix.dirname(path), target: '/a' },
      file(`opt/db/${posix.basename(path)}`, full),
    ],
  ],
  // header-dialect
  'a prefix stands in a POSIX header of an odd version': ({ path, full }) => [
    [file(posix.basename(path), full, { raw: { version: '\0\0', prefix: posix.dirname(path) } })],
  ],
  'a header of star has a shorter prefix': ({ path, full }) => [
    [
      file(posix.basename(path), full, {
        raw: { prefix: starPrefix(posix.dirname(path)) },
      }),
    ],
  ],
  'a header of GNU has times and no prefix': ({ path, full }) => [
    [file(path, full, { raw: { magic: 'ustar ', version: ' \0', prefix: '00000000000\0'.repeat(2) } })],
  ],
  'an old header has no prefix': ({ path, full }) => [
    [file(path, full, { raw: { magic: '\0\0\0\0\0\0', version: '\0\0', prefix: 'elsewhere' } })],
  ],
  // gnu-sparse
  ...Object.fromEntries(
    (['0.0', '0.1', '1.0'] as const).map((version) => [
      `the database is a sparse file of version ${version}`,
      ({ path, full }: Databases) => [sparse(version, path, full)],
    ]),
  ),
  'a sparse file of an unknown version is an ordinary one': ({ path, full }) => [
    [pax({ 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'x' }), file(path, full)],
  ],
  'a sparse file has a major version alone': ({ path, full }) => [
    [pax({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'x' }), file(path, full)],
  ],
  // slash-directory
  'a file has a slash behind its name': ({ path, full }) => [
    [file(`${path}/`, full, { type: 'file', raw: { typeflag: '0' } })],
  ],
  'a directory without a type has a size': ({ path, full }) => [
    [{ path: 'dir/', type: 'directory', raw: { typeflag: '\0', size: '00000002000\0' } }, file(path, full)],
  ],
  'a link, a pipe and a device have sizes': ({ path, full }) => [
    [
      { path: 'link', target: 'x', raw: { size: '00000002000\0' } },
      { path: 'pipe', type: 'fifo', raw: { size: '00000002000\0' } },
      { path: 'device', type: 'character-device', raw: { size: '00000002000\0' } },
      pax({ size: '1024' }),
      { path: 'dir/', type: 'directory' },
      file(path, full),
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
      ({ path, full }: Databases) => [[file(path, full, { raw: { size: write(size(full)) } })]],
    ]),
  ),
  'a size is in base 256': ({ path, full }) => [[file(path, full, { raw: { size: base256(full.length) } })]],
  'a size of pax stands over another': ({ path, full, decoy }) => [
    [
      pax({ size: `${full.length}` }),
      file(path, full, { raw: { size: '00000000000\0' } }),
      file('elsewhere', decoy),
    ],
  ],
  // name-bytes
  'names that are no UTF-8 differ in a byte': ({ path, full, decoy }) => {
    const name = posix.basename(path);
    const bytes = (...last: number[]): Buffer =>
      Buffer.concat([Buffer.from('opt/'), Buffer.from(last), Buffer.from(`/${name}`)]);
    const link = Buffer.concat([Buffer.from('/opt/'), Buffer.from([0xff])]);
    return [
      [
        { path: posix.dirname(path), target: '/x', raw: { linkname: link } },
        file('a', full, { raw: { name: bytes(0xff) } }),
        file('b', decoy, { raw: { name: bytes(0xfe) } }),
        file('c', decoy, { raw: { name: bytes(0xef, 0xbf, 0xbd) } }),
      ],
    ];
  },
  'names are composed and decomposed': ({ path, full, decoy }) => [
    [
      { path: posix.dirname(path), target: '/opt/\u00e9' },
      file(`opt/\u00e9/${posix.basename(path)}`, full),
      file(`opt/e\u0301/${posix.basename(path)}`, decoy),
    ],
  ],
  // hard-links
  'a hard link leads to the database': ({ path, full }) => [
    [file('opt/db', full), { path, type: 'hardlink', target: 'opt/db' }],
  ],
  'hard links lead to each other': ({ path, full }) => [
    [
      file('opt/db', full),
      { path: 'opt/other', type: 'hardlink', target: './opt//db' },
      { path, type: 'hardlink', target: '/opt/other' },
    ],
  ],
  'a later layer replaces what a hard link shares': ({ path, full, decoy }) => [
    [file('opt/db', full), { path, type: 'hardlink', target: 'opt/db' }],
    [file('opt/db', decoy)],
  ],
  // compression
  'a layer is a gzip stream of two members': ({ path, full }) => {
    const bytes = tar([file(path, full)]);
    return [Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))])];
  },
  'a layer is a zstd stream of two frames with a skippable one between them': ({ path, full }) => {
    const bytes = tar([file(path, full)]);
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

/** A sparse file that has all its bytes as data, by the records of a version. */
function sparse(version: '0.0' | '0.1' | '1.0', path: string, content: Uint8Array): readonly TarEntry[] {
  const length = `${content.length}`;
  const common = { 'GNU.sparse.name': path };
  if (version === '0.1')
    return [
      pax({
        ...common,
        'GNU.sparse.size': length,
        'GNU.sparse.numblocks': '1',
        'GNU.sparse.map': `0,${length}`,
      }),
      file('GNUSparseFile.0/x', content),
    ];
  if (version === '0.0')
    return [
      pax({
        'GNU.sparse.size': length,
        'GNU.sparse.numblocks': '1',
        'GNU.sparse.offset': '0',
        'GNU.sparse.numbytes': length,
        'GNU.sparse.major': '0',
        'GNU.sparse.minor': '0',
        ...common,
      }),
      file('GNUSparseFile.0/x', content),
    ];
  const map = Buffer.alloc(512);
  map.write(`1\n0\n${length}\n`);
  return [
    pax({
      ...common,
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.realsize': length,
    }),
    file('GNUSparseFile.0/x', Buffer.concat([map, content])),
  ];
}

for (const [kind, given] of databases)
  suite(`${kind}: lists the packages of the database that runtimes show when`, () => {
    for (const [what, layers] of Object.entries(readable))
      test(what, async () => {
        assert.deepEqual(await seenIn(layers, given), { packages: ['base', 'openssl'], problems: [] });
      });
  });
