const quote = 0x22;
const backslash = 0x5c;

/** Whether arrays and objects of a JSON text lie deeper in each other than so. Brackets and braces are told apart by 0x20 alone. */
export function isDeeper(bytes: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === quote) isInText = !isInText;
    else if (isInText) i += byte === backslash ? 1 : 0;
    else if ((byte | 0x20) === 0x7b && ++depth > depthMax) return true;
    else if ((byte | 0x20) === 0x7d) depth--;
  }
  return false;
}
