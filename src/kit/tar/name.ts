import { isUtf8 } from 'node:buffer';

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
