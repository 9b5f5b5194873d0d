import type { Random } from '../../random.ts';
import { writeNumber } from './bytes.ts';
import type { Mutation } from './mutation.ts';

/** A number at one of the places where a format has one. */
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

/** Two pages, or parts of a file as long as one, change places. */
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

/** Berkeley DB: the fields of the first page, of the heads of pages, offsets of items, and what overflow items point to. */
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

/** An overflow page leads to another page of the file, or to itself, and says how much of it is used. */
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

/** Where something may be an item that leads to overflow pages. */
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

/** The format of rpm itself: its head, its slots, and the heads and tails of blobs. */
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

/** Blobs that several slots claim. */
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

/** The head of a page follows the head of the file on the first page. */
function headOf(page: number): number {
  return page === 0 ? 100 : page;
}

/** SQLite: head of the file, heads of pages, pointers to cells and children, and integers of variable length. */
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

/** A page leads to another page of the file, or to itself: from its head, its right child, or one of its cells. */
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

/** As many pointers to one cell as a page can hold. */
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

/** Headers wherever they lie: they are found by the tag of the name, with which their index begins in what we write. */
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
