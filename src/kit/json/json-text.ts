import { isAscii, isUtf8 } from 'node:buffer';

/** Returns the text of a JSON document or of a part of it. Undefined if it is not UTF-8: replaced bytes could turn one name into another. */
export function jsonTextOf(bytes: Buffer): string | undefined {
  // Latin-1 is decoded faster.
  if (isAscii(bytes)) return bytes.toString('latin1');
  // RFC 8259 §8.1: UTF-8 and nothing else.
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
