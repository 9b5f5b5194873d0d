import { isUtf8 } from 'node:buffer';
import { limits } from '../../core/limits.ts';

/** Bytes that are no UTF-8 become lone surrogates from here on, which no UTF-8 decodes to: different names stay different. */
const escapeStart = 0xdc00;

/**
 * A name of a file as text. Names are bytes: two that differ in a byte give two texts. UTF-8 gives its characters; of a name that is not
 * UTF-8, each byte above 0x7f gives a lone surrogate, as in Python's PEP 383.
 */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : escapeStart + byte);
  return text;
}

/** As `decodeName`. Of a name with more bytes than any path has, only the beginning, which is still overlong: see `isOverlong`. */
export function decodePath(bytes: Buffer): string {
  return bytes.length > limits.pathBytes
    ? bytes.toString('latin1', 0, limits.pathBytes + 1)
    : decodeName(bytes);
}

/** The bytes of a name that `decodeName` has made text of. */
export function encodeName(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const isEscape = code > escapeStart && code <= escapeStart + 0xff;
    return isEscape ? Buffer.of(code - escapeStart) : Buffer.from(character);
  });
  return Buffer.concat(parts);
}
