/** Extended attributes of an entry: pax(1), "pax Header Block". An empty value deletes the key. */
export type PaxAttributes = ReadonlyMap<string, string>;

/** The keys that are read. Others are passed over: a hostile archive may have any number of them. */
const keys: ReadonlySet<string> = new Set([
  'path',
  'linkpath',
  'size',
  'GNU.sparse.name',
  'GNU.sparse.major',
  'GNU.sparse.realsize',
]);

/** Reads the records `<length> <key>=<value>\n` of a pax header that matter here; undefined when one is malformed. */
export function parsePax(payload: Buffer): PaxAttributes | undefined {
  const attributes = new Map<string, string>();
  let at = 0;
  while (at < payload.length) {
    const space = payload.indexOf(0x20, at);
    if (space < 0) return isPadding(payload, at) ? attributes : undefined;
    const length = Number(payload.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isSafeInteger(length) || length <= space - at + 1 || end > payload.length) return undefined;
    const equals = payload.indexOf(0x3d, space);
    if (equals < 0 || equals >= end || payload[end - 1] !== 0x0a) return undefined;
    const key = payload.toString('utf8', space + 1, equals);
    if (keys.has(key)) attributes.set(key, payload.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return attributes;
}

/** Some writers fill the header with NULs after the last record. */
function isPadding(payload: Buffer, from: number): boolean {
  return payload.subarray(from).every((byte) => byte === 0);
}
