/** A part of a FlatBuffers document: https://flatbuffers.dev/internals. References are relative, so it may be placed anywhere. */
export interface FlatPart {
  readonly bytes: Buffer;
  /** Offset in `bytes` that references lead to. */
  readonly root: number;
}

const referenceBytes = 4;

/** Writes a table. A field is a number in its bytes, or a part. Fields that are undefined are left out. */
export function flatTable(fields: readonly (Buffer | FlatPart | undefined)[]): FlatPart {
  const root = 4 + 2 * fields.length;
  const directory = Buffer.alloc(root);
  let size = 4;
  for (const [i, field] of fields.entries()) {
    if (field === undefined) continue;
    directory.writeUInt16LE(size, 4 + 2 * i);
    size += Buffer.isBuffer(field) ? field.length : referenceBytes;
  }
  directory.writeUInt16LE(root, 0);
  directory.writeUInt16LE(size, 2);
  const start = Buffer.alloc(4);
  start.writeInt32LE(root);
  const values = fields.filter((field) => field !== undefined);
  return { root, bytes: joinParts([directory, start, ...values]) };
}

/** Writes a list of tables or texts. */
export function flatList(parts: readonly FlatPart[]): FlatPart {
  return { root: 0, bytes: joinParts([uint32(parts.length), ...parts]) };
}

/** Writes a text or a list of bytes. */
export function flatBytes(content: string | Buffer): FlatPart {
  const bytes = Buffer.from(content);
  return { root: 0, bytes: Buffer.concat([uint32(bytes.length), bytes, Buffer.alloc(1)]) };
}

/** Writes a document. */
export function flatDocument(root: FlatPart): Buffer {
  return joinParts([root]);
}

/** Writes a count of 64 bits. */
export function flatCount(count: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(count));
  return bytes;
}

/** Joins bytes and references to parts, and puts the parts behind them. */
function joinParts(values: readonly (Buffer | FlatPart)[]): Buffer {
  const head: Buffer[] = [];
  const parts: Buffer[] = [];
  const sizeOf = (value: Buffer | FlatPart): number =>
    Buffer.isBuffer(value) ? value.length : referenceBytes;
  let partAt = values.reduce((sum, value) => sum + sizeOf(value), 0);
  let at = 0;
  for (const value of values) {
    head.push(Buffer.isBuffer(value) ? value : uint32(partAt + value.root - at));
    at += sizeOf(value);
    if (Buffer.isBuffer(value)) continue;
    parts.push(value.bytes);
    partAt += value.bytes.length;
  }
  return Buffer.concat([...head, ...parts]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
