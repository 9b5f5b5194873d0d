import { decodeName, decodePath } from './name.ts';

/** Extended attributes of a member (pax(1), "pax Header Block"), parsed as by Go's archive/tar. An empty value counts as absent. */
export type PaxAttributes = ReadonlyMap<string, string>;

/** The keys that are read. Others are skipped: a hostile archive may have any number of them. */
const keys: ReadonlySet<string> = new Set([
  'path',
  'linkpath',
  'size',
  'GNU.sparse.name',
  'GNU.sparse.major',
  'GNU.sparse.minor',
  'GNU.sparse.size',
  'GNU.sparse.realsize',
  'GNU.sparse.map',
  'GNU.sparse.numblocks',
]);

/** Keys of texts that end at a NUL in a header and must not contain one here. */
const textKeys: ReadonlySet<string> = new Set(['path', 'linkpath', 'uname', 'gname']);

/** Keys of paths. */
const pathKeys: ReadonlySet<string> = new Set(['path', 'linkpath', 'GNU.sparse.name']);

/** Extended attributes that overlayfs acts on. They can merge one directory into another, or hide a lower one. */
const overlayKey = /^SCHILY\.xattr\.(?:trusted|user)\.overlay\./;

/** Represents all overlayfs attributes of a header. */
export const overlayAttribute = 'overlay';

/** Parses the relevant records `<length> <key>=<value>\n` of a pax header. Undefined if one is malformed. */
export function parsePax(payload: Buffer): PaxAttributes | undefined {
  const attributes = new Map<string, string>();
  const sparseMap: string[] = [];
  for (let at = 0; at < payload.length; ) {
    const record = recordAt(payload, at);
    if (record === undefined) return undefined;
    const { key, end } = record;
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      if (!isNextOfMap(sparseMap, key) || record.value().includes(',')) return undefined;
      sparseMap.push(record.value());
    } else if (keys.has(key)) attributes.set(key, record.value());
    else if (overlayKey.test(key)) attributes.set(overlayAttribute, key);
    at = end;
  }
  // Version 0.0 has one record per number, 0.1 one for all.
  if (sparseMap.length > 0) attributes.set('GNU.sparse.map', sparseMap.join(','));
  return attributes;
}

/** One record and its end. Its value is decoded only on demand. */
interface PaxRecord {
  readonly key: string;
  readonly value: () => string;
  readonly end: number;
}

/** The shortest record: `5 a=\n`. */
const recordBytesMin = 5;

/** The length is a decimal number. It counts all bytes of the record, including its own digits and the line feed. */
function recordAt(payload: Buffer, at: number): PaxRecord | undefined {
  const space = payload.indexOf(0x20, at);
  if (space < 0) return undefined;
  const digits = payload.toString('latin1', at, space);
  const length = /^\+?\d+$/.test(digits) ? Number(digits) : 0;
  const end = at + length;
  if (length < recordBytesMin || end <= space + 1 || end > payload.length) return undefined;
  const equals = payload.indexOf(0x3d, space);
  if (equals <= space + 1 || equals >= end || payload[end - 1] !== 0x0a) return undefined;
  const key = payload.toString('utf8', space + 1, equals);
  const bytes = payload.subarray(equals + 1, end - 1);
  if (key.includes('\0') || (textKeys.has(key) && bytes.includes(0))) return undefined;
  return { key, value: () => (pathKeys.has(key) ? decodePath(bytes) : decodeName(bytes)), end };
}

/** Offsets and sizes alternate. */
function isNextOfMap({ length }: readonly string[], key: string): boolean {
  return key === (length % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes');
}
