/** Header dialects. They differ in the magic, and in which bytes are a prefix. */
export type Dialect = keyof typeof magics;

const magics = {
  v7: '',
  ustar: 'ustar\u000000',
  star: 'ustar\u000000',
  gnu: 'ustar  \0',
  /** A POSIX magic with an invalid version. */
  'odd-version': 'ustar\u000077',
  'odd-magic': 'ustar1\u000000',
} as const;

/** The fields of one header block. */
export interface HeaderFields {
  readonly name: Buffer;
  /** A single character. */
  readonly flag: string;
  /** The 12 bytes of the size field. */
  readonly size: Buffer;
  readonly target?: Buffer;
  readonly dialect?: Dialect;
  readonly prefix?: Buffer;
  /** Whether the checksum is the sum of signed bytes. */
  readonly isSigned?: boolean;
}

const blockBytes = 512;

/** Returns a header with a correct checksum. */
export function headerBlock({ name, flag, size, target, prefix, ...form }: HeaderFields): Buffer {
  const { dialect = 'ustar', isSigned = false } = form;
  const block = Buffer.alloc(blockBytes);
  name.copy(block, 0, 0, 100);
  block.write(flag === '5' ? '0000755\0' : '0000644\0', 100, 'latin1');
  block.write('0000000\u00000000000\0', 108, 'latin1');
  size.copy(block, 124, 0, 12);
  block.write('00000000000\0', 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(flag, 156, 'latin1');
  target?.copy(block, 157, 0, 100);
  block.write(magics[dialect], 257, 'latin1');
  prefix?.copy(block, 345, 0, 155);
  if (dialect === 'star') block.write('tar\0', 508, 'latin1');
  const sum = block.reduce((total, byte) => total + (isSigned && byte > 0x7f ? byte - 256 : byte), 0);
  block.write(`${(sum & 0o777777).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Pads a payload to the block size. */
export function padded(payload: Buffer): Buffer {
  return Buffer.concat([payload, Buffer.alloc((blockBytes - (payload.length % blockBytes)) % blockBytes)]);
}

/** Returns a size field in octal, as most tools write it. */
export function octalField(size: number): Buffer {
  return Buffer.from(`${size.toString(8).padStart(11, '0')}\0`, 'latin1');
}

/** Returns a size field in base 256. */
export function base256Field(size: number): Buffer {
  const field = Buffer.alloc(12);
  field.writeUIntBE(size, 6, 6);
  field[0] = 0x80;
  return field;
}

/** Returns a record of a pax header. */
export function paxRecord(key: string, value: Buffer): Buffer {
  const tail = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = tail.length + 1;
  while (String(length).length + tail.length !== length) length++;
  return Buffer.concat([Buffer.from(String(length)), tail]);
}

/** Returns a member with metadata of the next one: a pax header (`x`, `g`), or a long GNU name or target (`L`, `K`). */
export function metadataMember(flag: string, payload: Buffer): Buffer {
  const name = Buffer.from(flag === 'L' || flag === 'K' ? '././@LongLink' : 'PaxHeaders/0');
  const dialect = flag === 'L' || flag === 'K' ? 'gnu' : 'ustar';
  return Buffer.concat([
    headerBlock({ name, flag, dialect, size: octalField(payload.length) }),
    padded(payload),
  ]);
}
