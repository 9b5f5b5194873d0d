import type { EntryProblem } from '../../package/listing.ts';
import { cutHeader, type ModelHeader } from './model-header.ts';

/** Fields of `ModelProto` in onnx.proto. Serializers write fields in the order of their numbers. */
const fields = { irVersion: 1, domain: 4, modelVersion: 5, graph: 7 };
/** Kinds of fields in the wire format of Protocol Buffers. */
const kinds = { number: 0, bytes: 2 };

const noModel: EntryProblem = { problem: 'does not begin as a model of ONNX' };

/** Reads the fields of a model before its graph, which has the weights. */
export function readOnnx(beginning: Buffer): ModelHeader | EntryProblem {
  let version: string | undefined;
  let author: string | undefined;
  for (let position = 0; ; ) {
    const found = fieldAt(beginning, position);
    if (found === undefined) return cutHeader;
    const { field, value, start, end } = found;
    if (!isExpected(found, position === 0)) return noModel;
    if (field === fields.graph) return { version, author };
    if (end > beginning.length) return cutHeader;
    if (field === fields.modelVersion && value > 0) version = String(value);
    if (field === fields.domain) author = beginning.toString('utf8', start, end);
    position = end;
  }
}

/** A field, and where its bytes begin and end. `value` is a number, or the number of these bytes. */
interface Field {
  readonly field: number;
  readonly kind: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Returns whether a model may have a field before its graph, or as its first one. */
function isExpected({ field, kind }: Field, isFirst: boolean): boolean {
  if (isFirst) return field === fields.irVersion && kind === kinds.number;
  const isText = field !== fields.modelVersion && field !== fields.irVersion;
  return field > 0 && field <= fields.graph && kind === (isText ? kinds.bytes : kinds.number);
}

function fieldAt(bytes: Buffer, position: number): Field | undefined {
  const tag = numberAt(bytes, position);
  const value = tag && numberAt(bytes, tag.end);
  if (tag === undefined || value === undefined) return undefined;
  const kind = tag.value % 8;
  const end = kind === kinds.bytes ? value.end + value.value : value.end;
  return { field: Math.floor(tag.value / 8), kind, value: value.value, start: value.end, end };
}

/** Bytes of the longest number: seven bits in each. */
const numberBytesMax = 10;

/** Reads a number of variable length. Undefined if it is cut, or too long. */
function numberAt(
  bytes: Buffer,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < numberBytesMax; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return undefined;
}
