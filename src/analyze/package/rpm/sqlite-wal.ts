const headerBytes = 32;
const frameHeaderBytes = 24;
const littleEndianMagic = 0x377f0682;
const bigEndianMagic = 0x377f0683;
const formatVersion = 3_007_000;

/** The state of a database after the last transaction in its write-ahead log. */
export interface Wal {
  readonly pages: ReadonlyMap<number, Uint8Array>;
  readonly pageSize: number;
  /** Number of pages of the database at that time. */
  readonly count: number;
}

/**
 * Reads a write-ahead log up to its last committed transaction. SQLite reuses the log, so frames of an earlier run or
 * of an uncommitted transaction may follow. Salts, and checksums that continue from frame to frame, distinguish them.
 * Returns undefined if nothing was committed or SQLite treats the log as empty, and the problem if SQLite would refuse
 * it (sqlite.org/fileformat.html, section 4).
 */
export function readWal(log: Uint8Array): Wal | string | undefined {
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const header = headerOf(view);
  if (typeof header !== 'object') return header;
  const { pageSize, checksum } = header;
  const pages = new Map<number, Uint8Array>();
  const pending = new Map<number, Uint8Array>();
  let count = 0;
  const frameBytes = frameHeaderBytes + pageSize;
  for (let frame = headerBytes; frame + frameBytes <= log.length; frame += frameBytes) {
    const content = frame + frameHeaderBytes;
    checksum.add(frame, 8);
    checksum.add(content, pageSize);
    const isSameRound = view.getBigUint64(frame + 8) === view.getBigUint64(16);
    const number = view.getUint32(frame);
    if (!isSameRound || number === 0 || !checksum.isAt(frame + 16)) break;
    pending.set(number, log.subarray(content, content + pageSize));
    const countAfter = view.getUint32(frame + 4);
    if (countAfter === 0) continue;
    count = countAfter;
    for (const [number, page] of pending) pages.set(number, page);
    pending.clear();
  }
  return count > 0 ? { pages, pageSize, count } : undefined;
}

/** Returns the header of a log; undefined if SQLite treats the log as empty. */
function headerOf(view: DataView): { pageSize: number; checksum: Checksum } | string | undefined {
  if (view.byteLength < headerBytes) return undefined;
  const magic = view.getUint32(0);
  const pageSize = view.getUint32(8);
  if ((magic !== littleEndianMagic && magic !== bigEndianMagic) || !isPageSize(pageSize)) return undefined;
  const checksum = new Checksum(view, magic === littleEndianMagic);
  checksum.add(0, 24);
  if (!checksum.isAt(24)) return undefined;
  const version = view.getUint32(4);
  return version === formatVersion ? { pageSize, checksum } : `has a log of the unknown format ${version}`;
}

function isPageSize(size: number): boolean {
  return size >= 512 && size <= 65536 && (size & (size - 1)) === 0;
}

/** The running checksum of section 4.2, over pairs of 32-bit integers in the byte order of the magic number. */
class Checksum {
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(view: DataView, littleEndian: boolean) {
    this.#view = view;
    this.#littleEndian = littleEndian;
  }

  add(offset: number, length: number): void {
    for (let place = offset; place < offset + length; place += 8) {
      this.#first = (this.#first + this.#view.getUint32(place, this.#littleEndian) + this.#second) >>> 0;
      this.#second = (this.#second + this.#view.getUint32(place + 4, this.#littleEndian) + this.#first) >>> 0;
    }
  }

  isAt(offset: number): boolean {
    return this.#view.getUint32(offset) === this.#first && this.#view.getUint32(offset + 4) === this.#second;
  }
}
