import { base256, paxRecords, tar } from '../../../src/testing/tar-writer.ts';
import type { Random } from '../../random.ts';
import { type Mutation, placeIn, replaced } from './mutation.ts';

const blockBytes = 512;
const numbers = [
  '0',
  '1',
  '777',
  '777777',
  '77777777777',
  '00000001000',
  '37777777777',
  ' 10 ',
  '-1',
  '9',
  '',
];
const names = [
  'etc/os-release',
  './etc/os-release',
  '/etc/os-release',
  'etc/../etc/os-release',
  '../../etc/passwd',
  'etc/./os-release',
  'var/lib/dpkg/status',
  'var/lib/dpkg',
  'var/lib/dpkg/status.d/x',
  'var',
  'var/',
  '.wh.var',
  'var/.wh..wh..opq',
  '.wh.',
  '.wh..',
  'var/.wh..',
  'var/.wh...',
  '.wh..wh.plnk',
  '.wh..wh..opq',
  'etc/.wh.os-release',
  'lib/apk/db/installed',
  '..',
  '.',
  '/',
  '',
  'etc//os-release',
  'etc/os-release/',
  'manifest.json',
  'index.json',
  'x\u009b',
  'etc/\ufffd',
];
const attributes = [
  'path',
  'linkpath',
  'size',
  'GNU.sparse.major',
  'GNU.sparse.minor',
  'GNU.sparse.realsize',
  'GNU.sparse.name',
  'mtime',
  'x',
];
const values = [
  '',
  '0',
  '1',
  '-1',
  'x',
  '1e3',
  'NaN',
  'Infinity',
  '9007199254740992',
  '209715200',
  '134217728',
  ' 7',
  '0x10',
  ...names,
];

/** Returns the offsets of the headers that a reader would find, as long as the sizes are valid. */
function headers(bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = 0; at + blockBytes <= bytes.length; ) {
    places.push(at);
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 136), 8);
    at += blockBytes * (1 + (size >= 0 && size <= bytes.length ? Math.ceil(size / blockBytes) : 0));
  }
  return places;
}

function changeHeader(change: (block: Buffer, random: Random) => void): Mutation {
  return (bytes, random) => {
    const places = headers(bytes);
    if (places.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    const at = random.pick(places);
    const block = changed.subarray(at, at + blockBytes);
    change(block, random);
    sumUp(block);
    return changed;
  };
}

function sumUp(block: Buffer): void {
  block.fill(0x20, 148, 156);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
}

function put(block: Buffer, offset: number, length: number, text: string): void {
  block.fill(0, offset, offset + length);
  block.write(text, offset, length);
}

const changeFlag = changeHeader((block, random) => {
  block[156] = random.pick(Buffer.from('\x000123456789xgLKSDVMNA'));
});

const changeSize = changeHeader((block, random) => {
  if (random.chance(0.3)) block.set(base256(random.pick([0, 1, 2 ** 31, 2 ** 40, 2 ** 53])), 124);
  else put(block, 124, 12, random.pick(numbers));
});

const changeName = changeHeader((block, random) => {
  put(block, 0, 100, random.chance(0.1) ? 'n'.repeat(100) : random.pick(names));
});

const changeTarget = changeHeader((block, random) => {
  put(block, 157, 100, random.pick(names));
});

const changePrefix = changeHeader((block, random) => {
  put(block, 345, 155, random.pick(names));
});

/** Changes an old GNU sparse header: offsets and sizes of the map, the flag for further blocks, and the real size. */
const changeSparse = changeHeader((block, random) => {
  block[156] = 0x53;
  put(block, 386 + 12 * random.below(8), 12, random.pick(numbers));
  block[482] = random.below(2);
  put(block, 483, 12, random.pick([...numbers, '1000000000']));
});

const fixSums: Mutation = (bytes) => {
  const changed = Buffer.from(bytes);
  for (const at of headers(changed)) sumUp(changed.subarray(at, at + blockBytes));
  return changed;
};

/** Inserts a member with attributes from an extended header. */
const insertMember: Mutation = (bytes, random) => {
  const pax = random.chance(0.5)
    ? { [random.pick(attributes)]: random.pick(values), [random.pick(attributes)]: random.pick(values) }
    : {};
  const member = { path: random.pick(names), content: 'ID=debian\n'.repeat(random.below(3)), pax };
  const kind = random.pick([
    {},
    { target: random.pick(names) },
    { type: 'hardlink' as const, target: random.pick(names) },
  ]);
  return insertBlocks(bytes, random, tar([{ ...member, ...kind }], { endBlocks: 0 }));
};

/** Inserts an extended header alone, intact or damaged. */
const insertMetadata: Mutation = (bytes, random) => {
  const type = random.pick(['pax-header', 'pax-global-header', 'gnu-long-name', 'gnu-long-link'] as const);
  const record = paxRecords({ [random.pick(attributes)]: random.pick(values) });
  const content = random.pick([
    record,
    record.repeat(2),
    record.slice(1),
    `9${record}`,
    `${random.pick(names)}\0`,
    'a/'.repeat(random.below(3000)),
  ]);
  return insertBlocks(bytes, random, tar([{ path: 'x', type, content }], { endBlocks: 0 }));
};

/** Inserts a sparse file in pax format 1.0, whose map precedes the data. */
const insertSparse: Mutation = (bytes, random) => {
  const map = Array.from({ length: 1 + random.below(9) }, () =>
    random.pick(['0', '1', '2', '512', '4294967296', '-1', 'x', '60000']),
  );
  const content = `${map.join('\n')}${random.chance(0.8) ? '\n' : ''}`.padEnd(random.below(2000), '\0');
  const pax = {
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.name': random.pick(names),
    'GNU.sparse.realsize': random.pick(values),
  };
  return insertBlocks(bytes, random, tar([{ path: 'GNUSparseFile.0/x', content, pax }], { endBlocks: 0 }));
};

function insertBlocks(bytes: Buffer, random: Random, blocks: Uint8Array): Buffer {
  const places = headers(bytes);
  const place = random.chance(0.8) && places.length > 0 ? random.pick(places) : placeIn(bytes.length, random);
  return replaced(bytes, place, place, blocks);
}

/** Inserts as many members of one directory as the size limit allows. */
const insertMany: Mutation = (bytes, random) => {
  const directory = random.pick(['var/lib/dpkg/status.d', '.wh.', 'usr/bin']);
  const members = Array.from({ length: 1 + random.below(90) }, (_, number) => ({
    path: `${directory}/${number}`,
    content: '',
  }));
  return insertBlocks(bytes, random, tar(members, { endBlocks: 0 }));
};

/** Mutations that keep the archive readable after the change. */
export const tarMutations: readonly Mutation[] = [
  changeFlag,
  changeSize,
  changeName,
  changeTarget,
  changePrefix,
  changeSparse,
  insertMember,
  insertMetadata,
  insertSparse,
  insertMany,
  fixSums,
  fixSums,
];
