import type { Random } from '../../random.ts';
import { writeNumber } from './bytes.ts';
import type { Mutation } from './mutation.ts';

/** Overwrites a number at one of the offsets where the format has numbers. */
function numbersAt(width: number, placesOf: (bytes: Buffer, random: Random) => readonly number[]): Mutation {
  return (bytes, random) => {
    const places = placesOf(bytes, random).filter((place) => place >= 0 && place + width <= bytes.length);
    return places.length === 0 ? bytes : writeNumber(bytes, random.pick(places), width, random);
  };
}

function pageOf(bytes: Buffer, size: number, random: Random): number {
  return random.below(Math.max(Math.floor(bytes.length / size), 1)) * size;
}

function setType(size: (bytes: Buffer) => number, offset: number, types: readonly number[]): Mutation {
  return (bytes, random) => {
    const changed = Buffer.from(bytes);
    const place = pageOf(bytes, size(bytes), random) + offset;
    if (place < changed.length) changed[place] = random.pick(types);
    return changed;
  };
}

/** Swaps two pages, or ranges of the size of a page. */
function swapPages(sizeOf: (bytes: Buffer) => number): Mutation {
  return (bytes, random) => {
    const size = sizeOf(bytes);
    const [a, b] = [pageOf(bytes, size, random), pageOf(bytes, size, random)];
    const changed = Buffer.from(bytes);
    changed.set(bytes.subarray(b, b + size).subarray(0, changed.length - a), a);
    changed.set(bytes.subarray(a, a + size).subarray(0, changed.length - b), b);
    return changed;
  };
}

function bdbPageSize(bytes: Buffer): number {
  const size = bytes.length < 24 ? 0 : bytes.readUInt32LE(20);
  return size >= 512 && size <= 65536 ? size : 4096;
}

/** Berkeley DB: fields of the first page, page headers, offsets of items, and targets of overflow items. */
export const bdbMutations: readonly Mutation[] = [
  numbersAt(4, () => [8, 12, 16, 20, 24, 32]),
  numbersAt(4, (bytes, random) => [pageOf(bytes, bdbPageSize(bytes), random) + 16]),
  numbersAt(2, (bytes, random) =>
    [20, 22, 26, 28, 30, 32].map((field) => pageOf(bytes, bdbPageSize(bytes), random) + field),
  ),
  numbersAt(4, (bytes, random) => [
    pageOf(bytes, bdbPageSize(bytes), random) + bdbPageSize(bytes) - 4 - random.below(80),
  ]),
  linkPages,
  linkPages,
  numbersAt(4, (bytes) => overflowItems(bytes).flatMap((item) => [item + 4, item + 8])),
  setType(bdbPageSize, 25, [0, 2, 7, 8, 13, 1, 5, 255]),
  swapPages(bdbPageSize),
];

/** Makes an overflow page refer to another page or to itself, with a used size. */
function linkPages(bytes: Buffer, random: Random): Buffer {
  const size = bdbPageSize(bytes);
  const page = pageOf(bytes, size, random);
  if (page + 26 > bytes.length) return bytes;
  const next = random.chance(0.4) ? page / size : random.below(Math.floor(bytes.length / size) + 1);
  const isLittle = bytes.readUInt32LE(12) === 0x00061561;
  const changed = Buffer.from(bytes);
  if (isLittle) changed.writeUInt32LE(next, page + 16);
  else changed.writeUInt32BE(next, page + 16);
  if (random.chance(0.5)) changed.writeUInt16LE(random.pick([0, 0, 1, 0xffff]), page + 22);
  return changed;
}

/** Returns the offsets of possible items that refer to overflow pages. */
function overflowItems(bytes: Buffer): number[] {
  const places: number[] = [];
  for (
    let at = bytes.indexOf(overflowItem);
    at !== -1 && places.length < 64;
    at = bytes.indexOf(overflowItem, at + 1)
  )
    places.push(at);
  return places;
}

const overflowItem = Buffer.from([3, 0, 0, 0]);

/** NDB: the file header, slots, and headers and trailers of blobs. */
export const ndbMutations: readonly Mutation[] = [
  numbersAt(4, () => [0, 4, 8, 12, 16]),
  numbersAt(4, (_, random) => [4, 8, 12].map((field) => 32 + 16 * random.below(16) + field)),
  numbersAt(4, (bytes, random) =>
    [4096 + 16 * random.below(Math.max((bytes.length - 4096) >> 4, 1))].flatMap((at) => [
      at,
      at + 4,
      at + 12,
    ]),
  ),
  swapPages(() => 16),
  copySlot,
];

/** Makes several slots refer to one blob. */
function copySlot(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  const from = 32 + 16 * random.below(16);
  if (bytes.length < 4096) return bytes;
  for (let slot = 32; slot < 4096; slot += 16)
    if (random.chance(0.3)) bytes.copy(changed, slot, from, from + 16);
  return changed;
}

function sqlitePageSize(bytes: Buffer): number {
  const size = bytes.length < 18 ? 0 : bytes.readUInt16BE(16);
  return size >= 512 ? size : 4096;
}

/** Returns the offset of a page's header, which follows the file header on the first page. */
function headOf(page: number): number {
  return page === 0 ? 100 : page;
}

/** SQLite: file header, page headers, pointers to cells and children, and varints. */
export const sqliteMutations: readonly Mutation[] = [
  numbersAt(2, () => [16, 18, 20]),
  numbersAt(4, () => [24, 28, 92, 96]),
  numbersAt(2, (bytes, random) => {
    const head = headOf(pageOf(bytes, sqlitePageSize(bytes), random));
    return [head + 3, head + 5, head + 8, head + 10, head + 12];
  }),
  numbersAt(4, (bytes, random) => [
    headOf(pageOf(bytes, sqlitePageSize(bytes), random)) + 8,
    pageOf(bytes, sqlitePageSize(bytes), random),
  ]),
  setType(sqlitePageSize, 0, [2, 5, 10, 13, 0]),
  setType(() => 100, 0, [2, 5, 10, 13, 0]),
  swapPages(sqlitePageSize),
  pointPage,
  pointPage,
  writeVarint,
  repeatCell,
];

/** Makes a page refer to another page or to itself, in its header, its right child, or a cell. */
function pointPage(bytes: Buffer, random: Random): Buffer {
  const size = sqlitePageSize(bytes);
  const page = pageOf(bytes, size, random);
  const head = headOf(page);
  const cell = head + 12 + 2 * random.below(4);
  const cellPlace = page + (cell + 2 <= bytes.length ? bytes.readUInt16BE(cell) : 0);
  const place = random.pick([page, head + 8, cellPlace]);
  if (place + 4 > bytes.length) return bytes;
  const changed = Buffer.from(bytes);
  const own = page / size + 1;
  changed.writeUInt32BE(
    random.chance(0.3) ? own : 1 + random.below(Math.floor(bytes.length / size) + 1),
    place,
  );
  return changed;
}

function writeVarint(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  const length = random.pick([1, 2, 3, 5, 9]);
  const page = pageOf(bytes, sqlitePageSize(bytes), random);
  const cell = headOf(page) + 8 + 2 * random.below(4);
  const place = page + (cell + 2 <= bytes.length ? bytes.readUInt16BE(cell) : 0) + random.below(12);
  const last = random.pick([0, 1, 0x7f]);
  for (let index = 0; index < length && place + index < changed.length; index++)
    changed[place + index] = index === length - 1 ? last : random.pick([0x80, 0xff, 0x81]);
  return changed;
}

/** Fills a page with pointers to one cell. */
function repeatCell(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  const size = sqlitePageSize(bytes);
  const page = pageOf(bytes, size, random);
  const head = headOf(page);
  const count = random.below(size >> 1);
  if (head + 8 + 2 * count > changed.length) return bytes;
  changed.writeUInt16BE(count, head + 3);
  for (let cell = 1; cell < count; cell++) bytes.copy(changed, head + 8 + 2 * cell, head + 8, head + 10);
  return changed;
}

const tags = [1000, 1001, 1002, 1003, 1011, 1014, 1022, 1044, 5096, 63, 0];

/** Finds headers by the name tag, which is the first of the index in all seeds, and changes them. */
export const headerMutations: readonly Mutation[] = [
  numbersAt(4, (bytes) => entriesOf(bytes).flatMap((at) => [at - 8, at - 4, at + 4, at + 8, at + 12])),
  numbersAt(4, (bytes) => entriesOf(bytes).map((at) => at + 8)),
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    const places = entriesOf(bytes).filter((at) => at + 8 <= changed.length);
    if (places.length === 0) return bytes;
    const place = random.pick(places);
    if (random.chance(0.5)) changed.writeUInt32BE(random.pick(tags), place);
    else changed.writeUInt32BE(random.below(11), place + 4);
    return changed;
  },
];

function entriesOf(bytes: Buffer): number[] {
  const places: number[] = [];
  for (const tag of tags.slice(0, 9)) {
    const pattern = Buffer.from([0, 0, tag >> 8, tag & 0xff]);
    for (
      let at = bytes.indexOf(pattern);
      at !== -1 && places.length < 64;
      at = bytes.indexOf(pattern, at + 4)
    )
      places.push(at);
  }
  return places;
}
