/**
 * Values by tag number. Numbers and lists of numbers are written as INT32, texts as STRING, lists of texts as I18NSTRING, whose
 * bytes equal those of STRING_ARRAY.
 */
export type RpmTags = readonly (readonly [
  tag: number,
  value: number | string | readonly number[] | readonly string[],
])[];

/** Encodes a header as rpm databases store it, without a region. */
export function writeRpmHeader(tags: RpmTags): Buffer {
  const index: Buffer[] = [];
  let data = Buffer.alloc(0);
  for (const [tag, value] of tags) {
    const values = [value].flat();
    const numbers = values.filter((item) => typeof item === 'number');
    const isNumeric = numbers.length > 0;
    if (isNumeric) data = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
    const type = isNumeric ? 4 : typeof value === 'string' ? 6 : 9;
    index.push(uint32s('big', tag, type, data.length, values.length));
    const content = isNumeric
      ? uint32s('big', ...numbers)
      : Buffer.from(values.map((text) => `${text}\0`).join(''));
    data = Buffer.concat([data, content]);
  }
  return Buffer.concat([uint32s('big', index.length, data.length), ...index, data]);
}

/** Encodes the header of a package with the tags that every package has, and more. */
export function writeRpmPackage(name: string, more: RpmTags = []): Buffer {
  return writeRpmHeader([[1000, name], [1001, '1.0'], [1002, '1'], [1022, 'noarch'], ...more]);
}

type ByteOrder = 'little' | 'big';

function uint32s(order: ByteOrder, ...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    if (order === 'little') buffer.writeUInt32LE(value >>> 0, index * 4);
    else buffer.writeUInt32BE(value >>> 0, index * 4);
  });
  return buffer;
}

function uint16s(order: ByteOrder, ...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    if (order === 'little') buffer.writeUInt16LE(value, index * 2);
    else buffer.writeUInt16BE(value, index * 2);
  });
  return buffer;
}

/** Options for the encoding of a Berkeley DB. */
export interface BdbOptions {
  readonly order?: ByteOrder;
  readonly pageSize?: number;
  /** Type of hash pages: 2 before Berkeley DB 4.6, 13 since. */
  readonly hashPage?: 2 | 13;
  /** Values shorter than this many bytes are in the hash page, others in overflow pages. */
  readonly inlineBelow?: number;
}

/** Encodes a `Packages` file: the counter under key 0 and the headers under 1, 2, 3… on one hash page, and a stale free page. */
export function writeBdb(headers: readonly Uint8Array[], options: BdbOptions = {}): Buffer {
  const { order = 'little', pageSize = 4096, hashPage = 13, inlineBelow = 0 } = options;
  const pages: Buffer[] = [];
  const items: Buffer[] = [];
  [uint32s(order, headers.length), ...headers].forEach((value, key) => {
    items.push(Buffer.concat([Buffer.from([1]), uint32s(order, key)]));
    if (key === 0 || value.length < inlineBelow) items.push(Buffer.concat([Buffer.from([1]), value]));
    else {
      items.push(Buffer.concat([Buffer.from([3, 0, 0, 0]), uint32s(order, 3 + pages.length, value.length)]));
      pages.push(...overflowPages(value, 3 + pages.length, { order, pageSize }));
    }
  });
  const hash = bdbPage({ order, pageSize, page: 1, type: hashPage, entries: items.length });
  let place = pageSize;
  items.forEach((item, index) => {
    place -= item.length;
    item.copy(hash, place);
    uint16s(order, place).copy(hash, 26 + 2 * index);
  });
  const free = Buffer.from(hash);
  free[25] = 0;
  const last = 2 + pages.length;
  const metadata = Buffer.alloc(pageSize);
  uint32s(order, 0, 0, 0, 0x00061561, 9, pageSize).copy(metadata);
  metadata[25] = 8;
  uint32s(order, last).copy(metadata, 32);
  return Buffer.concat([metadata, hash, free, ...pages]);
}

interface PageOptions {
  readonly order: ByteOrder;
  readonly pageSize: number;
}

function overflowPages(value: Uint8Array, first: number, { order, pageSize }: PageOptions): Buffer[] {
  const pageSpace = pageSize - 26;
  const count = Math.ceil(value.length / pageSpace);
  return Array.from({ length: count }, (_, index) => {
    const piece = value.subarray(index * pageSpace, (index + 1) * pageSpace);
    const next = index + 1 < count ? first + index + 1 : 0;
    const page = bdbPage({
      order,
      pageSize,
      page: first + index,
      type: 7,
      entries: 1,
      next,
      used: piece.length,
    });
    page.set(piece, 26);
    return page;
  });
}

function bdbPage(
  options: PageOptions & { page: number; type: number; entries: number; next?: number; used?: number },
): Buffer {
  const { order, pageSize, page, type, entries, next = 0, used = 0 } = options;
  const buffer = Buffer.alloc(pageSize);
  uint32s(order, 0, 0, page, 0, next).copy(buffer);
  uint16s(order, entries, used).copy(buffer, 20);
  buffer[25] = type;
  return buffer;
}

/** Encodes a `Packages.db` file with an unused slot before each used one. */
export function writeNdb(headers: readonly Uint8Array[]): Buffer {
  const pages = Math.ceil((32 + 32 * headers.length) / 4096) || 1;
  const slots = Buffer.alloc(4096 * pages);
  uint32s('little', 0x506d7052, 0, 1, pages, headers.length + 1).copy(slots);
  for (let slot = 32; slot < slots.length; slot += 16) slots.write('Slot', slot, 'latin1');
  const blobs: Buffer[] = [];
  let place = slots.length;
  headers.forEach((header, index) => {
    const padding = Buffer.alloc((16 - ((header.length + 28) % 16)) % 16);
    const head = Buffer.concat([Buffer.from('BlbS'), uint32s('little', index + 1, 1, header.length)]);
    // The checksum is left out because readers ignore it.
    const tail = Buffer.concat([uint32s('little', 0, header.length), Buffer.from('BlbE')]);
    const blob = Buffer.concat([head, header, padding, tail]);
    uint32s('little', index + 1, place / 16, blob.length / 16).copy(slots, 32 + 16 * (2 * index + 1) + 4);
    blobs.push(blob);
    place += blob.length;
  });
  return Buffer.concat([slots, ...blobs]);
}
