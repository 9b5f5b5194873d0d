/** What a database gives for one package: its header, or in words what is wrong at that place. */
export type Blob = Uint8Array | string;

/** The fields of an rpm header that are read. An absent tag and an empty text are both undefined. */
export interface RpmHeader {
  readonly name?: string | undefined;
  readonly epoch?: number | undefined;
  readonly version?: string | undefined;
  readonly release?: string | undefined;
  readonly arch?: string | undefined;
  readonly vendor?: string | undefined;
  readonly licence?: string | undefined;
  /** `util-linux-2.32.1-42.el8_8.src.rpm` */
  readonly sourceRpm?: string | undefined;
  /** `nodejs:18:9020020230327152102:rhel9` */
  readonly modularity?: string | undefined;
}

/** The tags read, by number. rpm, "RPM header tags". */
const tags: ReadonlyMap<number, keyof RpmHeader> = new Map([
  [1000, 'name'],
  [1001, 'version'],
  [1002, 'release'],
  [1003, 'epoch'],
  [1011, 'vendor'],
  [1014, 'licence'],
  [1022, 'arch'],
  [1044, 'sourceRpm'],
  [5096, 'modularity'],
]);

const lowestTag = 1000;
const int32Type = 4;
const stringType = 6;
const i18nStringType = 9;

const prologueBytes = 8;
const entryBytes = 16;
/** The limits of rpm itself, lib/header.c. */
const entriesMax = 0xffff;
const dataBytesMax = 0x0fffffff;
const textBytesMax = 4096;

/**
 * Reads a header as rpm databases hold it: the numbers of index entries and data bytes, the entries, the data; all big-endian,
 * without the magic of package files. Later entries of a tag win, as those behind the immutable region do. Returns what is wrong
 * when it is no header.
 */
export function readHeader(blob: Uint8Array): RpmHeader | string {
  if (blob.length < prologueBytes) return 'a header is too short';
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const entries = view.getUint32(0);
  const dataBytes = view.getUint32(4);
  const dataStart = prologueBytes + entries * entryBytes;
  if (entries > entriesMax || dataBytes > dataBytesMax) return 'a header claims an impossible size';
  if (dataStart + dataBytes > blob.length) return 'a header is cut off';
  const data = Buffer.from(blob.buffer, blob.byteOffset + dataStart, dataBytes);
  const header: MutableHeader = {};
  for (let place = prologueBytes; place < dataStart; place += entryBytes) {
    const tag = view.getUint32(place);
    const field = tag >= lowestTag ? tags.get(tag) : undefined;
    if (field === undefined) continue;
    const entry = { data, type: view.getUint32(place + 4), offset: view.getUint32(place + 8) };
    if (!setField(header, field, entry)) return `a header has an unreadable ${field}`;
  }
  return header;
}

type MutableHeader = { -readonly [Key in keyof RpmHeader]: RpmHeader[Key] };

interface Entry {
  readonly data: Buffer;
  readonly type: number;
  readonly offset: number;
}

/** Whether the entry could be read. */
function setField(header: MutableHeader, field: keyof RpmHeader, entry: Entry): boolean {
  if (field === 'epoch') {
    header.epoch = epochOf(entry);
    return header.epoch !== undefined;
  }
  const text = textOf(entry);
  header[field] = text === '' ? undefined : text;
  return text !== undefined;
}

function epochOf({ data, type, offset }: Entry): number | undefined {
  return type === int32Type && offset + 4 <= data.length ? data.readUInt32BE(offset) : undefined;
}

/** The text of an entry, or the first of a translated one. */
function textOf({ data, type, offset }: Entry): string | undefined {
  if (type !== stringType && type !== i18nStringType) return undefined;
  const end = data.indexOf(0, offset);
  if (offset >= data.length || end === -1 || end - offset > textBytesMax) return undefined;
  return data.toString('utf8', offset, end);
}
