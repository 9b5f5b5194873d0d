import { createHash } from 'node:crypto';

/** Returns the SHA-256 of UTF-8 text or of bytes in lower-case hexadecimal digits. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
