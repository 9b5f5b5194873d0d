import { limits } from '../../../core/limits.ts';

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
  readonly packager?: string | undefined;
  readonly licence?: string | undefined;
  /** `util-linux-2.32.1-42.el8_8.src.rpm` */
  readonly sourceRpm?: string | undefined;
  /** `nodejs:18:9020020230327152102:rhel9` */
  readonly modularity?: string | undefined;
  readonly files?: FileEntries | undefined;
  /** Names of the capabilities that the package requires and provides: lists of texts. */
  readonly requires?: HeaderEntry | undefined;
  readonly provides?: HeaderEntry | undefined;
  /** Tags that come more than once, of those that decide what the package is. Which one rpm takes depends on their number and place. */
  readonly repeated?: readonly string[];
}

/** One tag of a header: where its value lies in the data, of which type it is, and how many values there are. */
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
  /** For each base name the number of its directory. */
  readonly directoryIndexes?: HeaderEntry;
  readonly flags?: HeaderEntry;
  /** Whole paths, in headers of rpm 3. */
  readonly paths?: HeaderEntry;
}

/** The tags read, by number. rpm, "RPM header tags". */
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
/** What is written for people: of a text without end the beginning does, and the package is none the less known. */
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

/** Tags that decide what the package is and which advisories apply to it. */
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

/** One text, a list of texts, and a list of translations. */
const textTypes: ReadonlySet<number> = new Set([stringType, 8, i18nStringType]);
const prologueBytes = 8;
const entryBytes = 16;
/** As rpm itself, lib/header.c. */
const entriesMax = 0xffff;
const textBytesMax = 4096;

/**
 * Reads a header as rpm databases hold it: the numbers of index entries and data bytes, the entries, the data; all big-endian,
 * without the magic of package files. The last entry of a tag is read. Returns what is wrong when it is no header.
 */
export function readHeader(blob: Uint8Array): RpmHeader | string {
  const index = readIndex(blob);
  if (typeof index === 'string') return index;
  const { entries, repeated } = index;
  const header: MutableHeader = {};
  // Values are read only now, each once: a hostile index may name the same long text in every entry.
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

/** The lists of a header, which are read only where they are asked for. */
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

/** The text of an entry, or the first of a translated one; undefined when it has no end, or is too long and may not be cut. */
function textOf({ data, type, offset }: HeaderEntry, mayBeCut: boolean): string | undefined {
  if (type !== stringType && type !== i18nStringType) return undefined;
  const bytes = data.subarray(offset, offset + textBytesMax + 1);
  const length = bytes.indexOf(0);
  if (length !== -1) return bytes.toString('utf8', 0, length);
  return mayBeCut && bytes.length > textBytesMax ? bytes.toString('utf8', 0, textBytesMax) : undefined;
}

/** The texts of a list; undefined where it is none, or has no end. */
export function textsOf({ data, type, offset, count }: HeaderEntry): string[] | undefined {
  if (!textTypes.has(type)) return undefined;
  let end = offset;
  for (let i = 0; i < count; i++) {
    end = data.indexOf(0, end) + 1;
    if (end === 0) return undefined;
  }
  return data.toString('latin1', offset, Math.max(end - 1, offset)).split('\0');
}
