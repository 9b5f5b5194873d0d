import { writeElf } from './elf-writer.ts';

/** Content of a .NET application that is bundled into one program. */
export interface DotnetBundlePlan {
  /** The dependency file. Absent: the header names none. */
  readonly list?: string;
  /** Version of the form of the header: 1 of .NET Core 3, 2 of .NET 5, 6 of later ones. */
  readonly major?: 1 | 2 | 6;
  /** Content of the files before and after the dependency file. */
  readonly before?: string;
  readonly after?: string;
  /** Text before the marker in the writable data. */
  readonly data?: string;
}

const marker = Buffer.from('8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae', 'hex');

/** Encodes a bundle: the host, the files, and the header, whose offset is before the marker in the host. .NET, Bundler.cs and Manifest.cs. */
export function dotnetBundle({
  list,
  major = 6,
  before = 'MZ first.dll',
  after = 'MZ last.dll',
  data = 'data',
}: DotnetBundlePlan = {}): Buffer {
  const host = writeElf({ data: `${data}${'\0'.repeat(8)}${marker.toString('latin1')}more` });
  const listOffset = host.length + before.length;
  const content = Buffer.from(`${before}${list ?? ''}${after}`);
  const place = [listOffset, Buffer.byteLength(list ?? '')] as const;
  host.writeBigUInt64LE(BigInt(host.length + content.length), host.indexOf(marker) - 8);
  const header = [int32(major), int32(0), int32(2), text('bundle-id')];
  const files = [
    ...[int64(host.length), int64(before.length), Buffer.from([1]), text('first.dll')],
    ...(list === undefined ? [] : [...place.map(int64), Buffer.from([3]), text('App.deps.json')]),
  ];
  const fixed = [...(list === undefined ? [0, 0] : place), 0, 0, 0].map(int64);
  return Buffer.concat([host, content, ...header, ...(major === 1 ? files : fixed)]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(`${String.fromCharCode(value.length)}${value}`);
}
