import { isUtf8 } from 'node:buffer';
import { limits } from '../../core/limits.ts';

/** Invalid UTF-8 bytes become unpaired surrogates from here on. UTF-8 never decodes to them, so different names stay different. */
const escapeStart = 0xdc00;

/**
 * Decodes the name of a file. Two names that differ in a byte give two texts. Valid UTF-8 gives its characters. In any other name, each
 * byte above 0x7f gives an unpaired surrogate, as in Python's PEP 383.
 */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : escapeStart + byte);
  return text;
}

/** Like `decodeName`, but decodes only the beginning of a name longer than any path. The result is still overlong: see `isOverlong`. */
export function decodePath(bytes: Buffer): string {
  return bytes.length > limits.pathBytes
    ? bytes.toString('latin1', 0, limits.pathBytes + 1)
    : decodeName(bytes);
}

/** Returns the bytes of a name that `decodeName` decoded. */
export function encodeName(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const isEscape = code > escapeStart && code <= escapeStart + 0xff;
    return isEscape ? Buffer.of(code - escapeStart) : Buffer.from(character);
  });
  return Buffer.concat(parts);
}
