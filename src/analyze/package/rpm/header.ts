import { limits } from '../../../core/limits.ts';

/** A database entry of one package: its header, or the problem at that place. */
export type Blob = Uint8Array | string;

/** The rpm header fields that are read. An absent tag and an empty text are both undefined. */
export interface RpmHeader {
  readonly name?: string | undefined;
  readonly epoch?: number | undefined;
  readonly version?: string | undefined;
  readonly release?: string | undefined;
  readonly arch?: string | undefined;
  readonly vendor?: string | undefined;
  readonly packager?: string | undefined;
  readonly licence?: string | undefined;
  /** Example: `util-linux-2.32.1-42.el8_8.src.rpm`. */
  readonly sourceRpm?: string | undefined;
  /** Example: `nodejs:18:9020020230327152102:rhel9`. */
  readonly modularity?: string | undefined;
  readonly files?: FileEntries | undefined;
  /** Names of the capabilities that the package requires and provides, as lists of texts. */
  readonly requires?: HeaderEntry | undefined;
  readonly provides?: HeaderEntry | undefined;
  /** Identity tags that occur more than once. Which one rpm uses depends on their number and position. */
  readonly repeated?: readonly string[];
}

/** An index entry of a header: the offset of its value in the data, its type and the number of values. */
export interface HeaderEntry {
  readonly data: Buffer;
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/** The tags that together name the files of a package. */
export interface FileEntries {
  readonly baseNames?: HeaderEntry;
  readonly directoryNames?: HeaderEntry;
  /** The directory number of each base name. */
  readonly directoryIndexes?: HeaderEntry;
  readonly flags?: HeaderEntry;
  /** Whole paths, in headers of rpm 3. */
  readonly paths?: HeaderEntry;
}

/** The tags that are read, by number (rpm, "RPM header tags"). */
const textTags: ReadonlyMap<number, TextField> = new Map([
  [1000, 'name'],
  [1001, 'version'],
  [1002, 'release'],
  [1011, 'vendor'],
  [1015, 'packager'],
  [1014, 'licence'],
  [1022, 'arch'],
  [1044, 'sourceRpm'],
  [5096, 'modularity'],
]);
/** Fields for people. An unterminated text is cut, and the package is listed. */
const humanText: ReadonlySet<TextField> = new Set(['vendor', 'packager', 'licence']);
const epochTag = 1003;
const providesTag = 1047;
const requiresTag = 1049;
const fileTags: ReadonlyMap<number, keyof FileEntries> = new Map([
  [1027, 'paths'],
  [1037, 'flags'],
  [1116, 'directoryIndexes'],
  [1117, 'baseNames'],
  [1118, 'directoryNames'],
]);

/** Tags that identify the package and determine which advisories apply to it. */
const decisiveTags: ReadonlyMap<number, string> = new Map([
  [1000, 'name'],
  [1001, 'version'],
  [1002, 'release'],
  [epochTag, 'epoch'],
  [1022, 'arch'],
  [1044, 'sourcerpm'],
  [5096, 'modularitylabel'],
]);

type TextField = Exclude<keyof RpmHeader, 'epoch' | 'files' | 'requires' | 'provides' | 'repeated'>;

const int32Type = 4;
const stringType = 6;
const i18nStringType = 9;

/** Types: a text, a list of texts, and a list of translations. */
const textTypes: ReadonlySet<number> = new Set([stringType, 8, i18nStringType]);
const prologueBytes = 8;
const entryBytes = 16;
/** As in rpm, lib/header.c. */
const entriesMax = 0xffff;
const textBytesMax = 4096;

/**
 * Reads a header as rpm databases store it: the numbers of index entries and data bytes, the entries, the data. All are
 * big-endian, without the magic number of package files. Uses the last entry of a tag. Returns the problem if it is not
 * a header.
 */
export function readHeader(blob: Uint8Array): RpmHeader | string {
  const index = readIndex(blob);
  if (typeof index === 'string') return index;
  const { entries, repeated } = index;
  const header: MutableHeader = {};
  // Reads each value once, at the end: a hostile index may name the same long text in every entry.
  for (const [tag, field] of textTags) {
    const entry = entries.get(tag);
    const text = entry === undefined ? '' : textOf(entry, humanText.has(field));
    if (text === undefined) return `a header has an unreadable ${field}`;
    if (entry !== undefined) header[field] = text === '' ? undefined : text;
  }
  const epoch = entries.get(epochTag);
  if (epoch !== undefined) {
    header.epoch = epochOf(epoch);
    if (header.epoch === undefined) return 'a header has an unreadable epoch';
  }
  return { ...header, ...listsIn(entries), ...(repeated.size > 0 && { repeated: [...repeated] }) };
}

/** Returns the entries of the lists of a header, which are read only when needed. */
function listsIn(
  entries: ReadonlyMap<number, HeaderEntry>,
): Pick<RpmHeader, 'files' | 'requires' | 'provides'> {
  const files = [...fileTags].flatMap(([tag, part]) => {
    const entry = entries.get(tag);
    return entry === undefined ? [] : [[part, entry] as const];
  });
  const requires = entries.get(requiresTag);
  const provides = entries.get(providesTag);
  return {
    ...(files.length > 0 && { files: Object.fromEntries(files) }),
    ...(requires !== undefined && { requires }),
    ...(provides !== undefined && { provides }),
  };
}

type MutableHeader = { -readonly [Key in keyof RpmHeader]: RpmHeader[Key] };

interface Index {
  /** The last entry of each tag that is read. */
  readonly entries: Map<number, HeaderEntry>;
  readonly repeated: ReadonlySet<string>;
}

function readIndex(blob: Uint8Array): Index | string {
  if (blob.length < prologueBytes) return 'a header is too short';
  if (blob.length > limits.rpmHeaderBytes) return `a header of ${blob.length} bytes is too long`;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const count = view.getUint32(0);
  const dataBytes = view.getUint32(4);
  const dataStart = prologueBytes + count * entryBytes;
  if (count > entriesMax) return 'a header claims an impossible size';
  if (dataStart + dataBytes > blob.length) return 'a header is cut off';
  const data = Buffer.from(blob.buffer, blob.byteOffset + dataStart, dataBytes);
  const entries = new Map<number, HeaderEntry>();
  const repeated = new Set<string>();
  for (let place = prologueBytes; place < dataStart; place += entryBytes) {
    const tag = view.getUint32(place);
    if (!isRead(tag)) continue;
    const decisive = decisiveTags.get(tag);
    if (decisive !== undefined && entries.has(tag)) repeated.add(decisive);
    entries.set(tag, {
      data,
      type: view.getUint32(place + 4),
      offset: view.getUint32(place + 8),
      count: view.getUint32(place + 12),
    });
  }
  return { entries, repeated };
}

function isRead(tag: number): boolean {
  return (
    textTags.has(tag) || fileTags.has(tag) || tag === epochTag || tag === providesTag || tag === requiresTag
  );
}

function epochOf({ data, type, offset }: HeaderEntry): number | undefined {
  return type === int32Type && offset + 4 <= data.length ? data.readUInt32BE(offset) : undefined;
}

/**
 * Returns the text of an entry, or the first translation. Returns undefined if it is unterminated, or too long and
 * `mayBeCut` is false.
 */
function textOf({ data, type, offset }: HeaderEntry, mayBeCut: boolean): string | undefined {
  if (type !== stringType && type !== i18nStringType) return undefined;
  const bytes = data.subarray(offset, offset + textBytesMax + 1);
  const length = bytes.indexOf(0);
  if (length !== -1) return bytes.toString('utf8', 0, length);
  return mayBeCut && bytes.length > textBytesMax ? bytes.toString('utf8', 0, textBytesMax) : undefined;
}

/** Returns the texts of a list; undefined if it is not a list or is unterminated. */
export function textsOf({ data, type, offset, count }: HeaderEntry): string[] | undefined {
  if (!textTypes.has(type)) return undefined;
  let end = offset;
  for (let i = 0; i < count; i++) {
    end = data.indexOf(0, end) + 1;
    if (end === 0) return undefined;
  }
  return data.toString('latin1', offset, Math.max(end - 1, offset)).split('\0');
}
