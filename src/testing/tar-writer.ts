/** Kinds of archive member, by the names of tar(5), and the metadata members that precede another. */
export type TarEntryType = keyof typeof typeFlags;

const typeFlags = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
  contiguous: '7',
  'pax-header': 'x',
  'pax-global-header': 'g',
  'gnu-long-name': 'L',
  'gnu-long-link': 'K',
  'gnu-sparse': 'S',
} as const;

/** Position of each field of a ustar header: [offset, length]. POSIX.1-2017 pax, "ustar Interchange Format". */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkname: [157, 100],
  magic: [257, 6],
  version: [263, 2],
  uname: [265, 32],
  gname: [297, 32],
  devmajor: [329, 8],
  devminor: [337, 8],
  prefix: [345, 155],
} as const;

/** A field of the 512-byte header. */
export type TarField = keyof typeof fields;

/** A member of an archive to write. */
export interface TarEntryPlan {
  /** Written unchanged, so `../x`, `/x` and `./x` stay as they are. */
  readonly path: string;
  /** By default `symlink` with a `target`, `directory` for a path that ends in a slash, else `file`. */
  readonly type?: TarEntryType;
  readonly content?: Uint8Array | string;
  /** The target of a symlink or hardlink. */
  readonly target?: string;
  readonly mode?: number;
  /** Seconds since 1970. Default 0, so that equal entries make equal bytes. */
  readonly mtime?: number;
  /** Records of a pax extended header written before the member. */
  readonly pax?: Readonly<Record<string, string>>;
  /** Encoding of a path or target over 100 bytes. `ustar` splits the path and throws if that is impossible. */
  readonly longNames?: 'pax' | 'gnu' | 'ustar';
  /** Raw bytes of header fields. The checksum is computed afterwards unless it is given here, too. */
  readonly raw?: Readonly<Partial<Record<TarField, Uint8Array | string>>>;
}

/** Options of the archive as a whole. */
export interface TarOptions {
  /** Default for entries without it; `pax` if absent. */
  readonly longNames?: 'pax' | 'gnu' | 'ustar';
  /** Number of zero blocks at the end; 2 by the standard. */
  readonly endBlocks?: number;
  /** Pads the archive with zeros to a multiple of this many bytes; tar(1) uses 10240. */
  readonly recordBytes?: number;
}

const blockBytes = 512;
const encoder = new TextEncoder();

/** Returns an archive of these entries. Equal entries make equal bytes. */
export function tar(entries: Iterable<TarEntryPlan>, options: TarOptions = {}): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const entry of entries) pieces.push(...member(entry, options.longNames ?? 'pax'));
  pieces.push(new Uint8Array(blockBytes * (options.endBlocks ?? 2)));
  const archive = Buffer.concat(pieces);
  return options.recordBytes === undefined ? archive : padded(archive, options.recordBytes);
}

/** Encodes a number in GNU tar's base-256 form for `raw` fields: 12 bytes for size and mtime, else 8. */
export function base256(value: bigint | number, bytes = 12): Uint8Array {
  const field = new Uint8Array(bytes);
  let rest = BigInt(value);
  for (let index = bytes - 1; index >= 0; index--) {
    field[index] = Number(BigInt.asUintN(8, rest));
    rest >>= 8n;
  }
  field[0] = (field[0] ?? 0) | 0x80;
  return field;
}

/** Encodes the records of a pax extended header: `<length> <key>=<value>\n`, where the length includes itself. */
export function paxRecords(records: Readonly<Record<string, string>>): string {
  let text = '';
  for (const [key, value] of Object.entries(records)) {
    const tail = ` ${key}=${value}\n`;
    const tailBytes = encoder.encode(tail).length;
    let length = tailBytes + 1;
    while (String(length).length + tailBytes !== length) length++;
    text += `${length}${tail}`;
  }
  return text;
}

/** Returns the blocks of one entry: its metadata members, its header, its content. */
function member(entry: TarEntryPlan, longNames: 'pax' | 'gnu' | 'ustar'): Uint8Array[] {
  const style = entry.longNames ?? longNames;
  const longPath = byteLength(entry.path) > fields.name[1];
  const longTarget = byteLength(entry.target ?? '') > fields.linkname[1];
  const pax: Record<string, string> = {};
  const blocks: Uint8Array[] = [];
  if (style === 'pax') {
    if (longPath) pax['path'] = entry.path;
    if (longTarget) pax['linkpath'] = entry.target ?? '';
  }
  if (style === 'gnu') {
    if (longTarget) blocks.push(...metadata('././@LongLink', 'gnu-long-link', `${entry.target}\0`));
    if (longPath) blocks.push(...metadata('././@LongLink', 'gnu-long-name', `${entry.path}\0`));
  }
  const records = paxRecords({ ...pax, ...entry.pax });
  if (records !== '') blocks.push(...metadata('PaxHeaders/0', 'pax-header', records));
  const content = bytesOf(entry.content ?? '');
  blocks.push(header(entry, content.length, style), padded(content, blockBytes));
  return blocks;
}

function metadata(path: string, type: TarEntryType, content: string): Uint8Array[] {
  return member({ path, type, content }, 'pax');
}

/** Returns the 512 bytes before the content. Numbers are octal text, as in ustar. */
function header(entry: TarEntryPlan, size: number, style: 'pax' | 'gnu' | 'ustar'): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const type = entry.type ?? impliedType(entry);
  const [prefix, name] = style === 'ustar' ? splitPath(entry.path) : ['', entry.path];
  put(block, 'name', name);
  put(block, 'mode', octal(entry.mode ?? (type === 'directory' ? 0o755 : 0o644), 8));
  put(block, 'uid', octal(0, 8));
  put(block, 'gid', octal(0, 8));
  put(block, 'size', octal(size, 12));
  put(block, 'mtime', octal(entry.mtime ?? 0, 12));
  put(block, 'typeflag', typeFlags[type]);
  put(block, 'linkname', entry.target ?? '');
  put(block, 'magic', style === 'gnu' ? 'ustar ' : 'ustar\0');
  put(block, 'version', style === 'gnu' ? ' \0' : '00');
  put(block, 'prefix', prefix);
  overlay(block, entry.raw ?? {});
  return block;
}

/** Writes raw fields into a header and adds the checksum unless it is one of them. */
function overlay(block: Uint8Array, raw: NonNullable<TarEntryPlan['raw']>): void {
  for (const field of Object.keys(fields) as TarField[]) {
    const value = raw[field];
    if (value !== undefined) put(block, field, value);
  }
  if (raw.checksum === undefined) put(block, 'checksum', checksum(block));
}

function impliedType(entry: TarEntryPlan): TarEntryType {
  if (entry.target !== undefined) return 'symlink';
  return entry.path.endsWith('/') ? 'directory' : 'file';
}

/** Splits a path at a slash into a prefix of at most 155 bytes and a name of at most 100. */
function splitPath(path: string): [prefix: string, name: string] {
  if (byteLength(path) <= fields.name[1]) return ['', path];
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1);
    if (name === '' || byteLength(name) > fields.name[1]) continue;
    const prefix = path.slice(0, slash);
    if (byteLength(prefix) <= fields.prefix[1]) return [prefix, name];
  }
  throw new RangeError(`no ustar header can store the path ${path}`);
}

/** Returns the sum of the header's bytes with the checksum field as blanks. */
function checksum(block: Uint8Array): string {
  const [offset, length] = fields.checksum;
  let sum = 0;
  for (const [index, byte] of block.entries()) {
    sum += index >= offset && index < offset + length ? 0x20 : byte;
  }
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}

/** Replaces a whole field. Truncates a longer value, as old writers do. */
function put(block: Uint8Array, field: TarField, value: Uint8Array | string): void {
  const [offset, length] = fields[field];
  block.fill(0, offset, offset + length);
  block.set(bytesOf(value).subarray(0, length), offset);
}

function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, '0')}\0`;
}

function padded(content: Uint8Array, multiple: number): Uint8Array {
  const result = new Uint8Array(Math.ceil(content.length / multiple) * multiple);
  result.set(content);
  return result;
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? encoder.encode(content) : content;
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
